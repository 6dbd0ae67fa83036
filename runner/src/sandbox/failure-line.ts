/** Finds the output line that tells why a command failed. Pure. */
import { stripVTControlCharacters } from 'node:util';
import { withoutColon } from '../explain/rule.ts';

/** How many telling lines from the end a reason is looked for in. */
const LOOK_BACK = 60;
const LONGEST = 300;

/** Lines of a failure that don't tell its cause. */
const NOISE = [
  /^[^\p{L}\p{N}]*$/u,
  // Stack frames, and the end of an error that Node prints with its properties.
  /^\s+at /,
  /^Node\.js v\d/,
  /^\s*(errno|code|syscall|path|spawnargs|cmd|errors|digest): /,
  // The code frames of bundlers.
  /^\s*\d*\s*[│┆┊|╵╭╰─]/,
  // What package managers add when a script of theirs has failed.
  /^npm (notice|warn)\b/i,
  /^npm (error|ERR!)\s+(A complete log|code\b|errno\b|path\b|command\b|Lifecycle script|workspace\b|location\b|at\b|Run "npm help)/i,
  /ELIFECYCLE/,
  /^error Command failed with exit code \d+\.?$/,
  /^info Visit /,
  /^error: script "[^"]*" (exited with code|was terminated)/,
  /^(error during build|✗ build failed.*|.* build failed in .*):?$/i,
];

/** From here on npm explains itself instead of the failure. */
const NPM_USAGE = /^npm (error|ERR!)\s+(Usage:|Clean install a project)/i;

/** The runner's own refusal, as a tool passes it on: it says what to do. */
const REFUSAL = /^(?:[\w-]+: )*AppFlux: /;

/** A line in which a tool names a cause. */
const CAUSE =
  /\b(error|fatal|panic|exception)\b[^.]{0,80}: *\S|could(n't| not) (resolve|find|load|read|open)|can(not|'t| not) (resolve|find|load|read|open|access|use|be)|not found|no such file|\bmissing\b.*:|: *missing\b|is not (defined|a function|a valid)|does not exist|unexpected (token|end|identifier)|denied|\[[A-Z]+(_[A-Z]+)+\]|\[ERROR\]/i;

/** A line that at least speaks of a failure. */
const COMPLAINT =
  /error|fatal|fail|cannot|can't|could ?n[o']t|unable|missing|unexpected|exception|invalid|panic|✘|✖|×/i;

/**
 * The last line with a refusal of the runner's, else the last that names a cause, else the last that complains, else the last one that says anything; null
 * when there is none.
 * @param lines masked lines, oldest first
 */
export function failureLine(lines: readonly string[]): string | null {
  const plain = lines.map((line) => stripVTControlCharacters(line).trimEnd());
  const telling = withoutUsage(plain)
    .filter((line) => !NOISE.some((pattern) => pattern.test(line)))
    .map((line) => line.replace(/^npm (error|ERR!)\s*/i, '').trim())
    .filter((line) => line !== '')
    .slice(-LOOK_BACK);
  const text =
    telling.findLast((line) => REFUSAL.test(line)) ??
    telling.findLast((line) => CAUSE.test(line)) ??
    telling.findLast((line) => COMPLAINT.test(line)) ??
    telling.at(-1) ??
    null;
  if (text === null) return null;
  const complete = withoutColon(text, telling, telling.lastIndexOf(text));
  return complete.length > LONGEST ? `${complete.slice(0, LONGEST - 1)}…` : complete;
}

function withoutUsage(lines: readonly string[]): readonly string[] {
  const usage = lines.findIndex((line) => NPM_USAGE.test(line));
  return usage < 0 ? lines : lines.filter((line, index) => index < usage || !/^npm (error|ERR!)/i.test(line));
}
