/** Finds the line that says why a command failed. Pure. */
import { stripVTControlCharacters } from 'node:util';

/** How far back a reason is looked for. */
const LOOK_BACK = 60;
const LONGEST = 300;

/** Lines that end a failure without saying anything of it. */
const NOISE = [
  /^\W*$/,
  /^\s+at /,
  /^Node\.js v\d/,
  /^npm (error|ERR!)( A complete log| code\b| errno\b| path\b| command\b| Lifecycle script| workspace\b| location\b|$)/i,
  /^npm (notice|warn)\b/i,
  /ELIFECYCLE/,
  /^error Command failed with exit code \d+\.?$/,
  /^info Visit /,
  /^error: script "[^"]*" (exited with code|was terminated)/,
  /^\s*(errno|code|syscall|path|spawnargs|cmd): /,
  /^\s*npm error\s+at /,
];

const SAYS_WHY =
  /error|fatal|fail|cannot|can't|could ?n[o']t|unable|not found|no such|missing|unexpected|exception|denied|invalid|panic|✘|✖|×/i;

/**
 * The last line that looks like a reason, else the last one that says anything at all; null when there is none.
 * @param lines masked lines, oldest first
 */
export function lastWords(lines: readonly string[]): string | null {
  const telling = lines
    .slice(-LOOK_BACK)
    .map((line) => stripVTControlCharacters(line).trimEnd())
    .filter((line) => !NOISE.some((pattern) => pattern.test(line)));
  const line = telling.findLast((text) => SAYS_WHY.test(text)) ?? telling.at(-1);
  if (line === undefined) return null;
  const text = line.trim();
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
