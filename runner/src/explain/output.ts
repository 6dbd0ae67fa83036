/** The output of a command that failed, made fit to be searched. Pure. */
import { stripVTControlCharacters } from 'node:util';

/** How much is searched, whatever a build prints: the end of its output, and the beginning of each line. */
const LINES = 1000;
const UNITS = 500;

/** Bundlers mark modules of their own with U+0000. */
const CONTROLS = /[^\P{Cc}\t]/gu;

/**
 * @param lines masked lines as they were printed, oldest first.
 * @returns the last of them, without colors; of a line that was written over itself, what was left to see.
 */
export function readOutput(lines: readonly string[]): string[] {
  return lines.slice(-LINES).map((line) => {
    const start = stripVTControlCharacters(line.slice(0, 4 * UNITS)).trimEnd();
    return start
      .slice(start.lastIndexOf('\r') + 1)
      .replace(CONTROLS, '')
      .slice(0, UNITS);
  });
}
