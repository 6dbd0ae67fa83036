/** Reads how the packager of servers (builder-images/web/server) explained its failure. Pure. */
import { stripVTControlCharacters } from 'node:util';

export interface PackagerFailure {
  /** What is wrong. */
  readonly line: string;
  /** What to do; null if the packager itself failed. */
  readonly hint: string | null;
}

/**
 * The last failure that the packager printed: a line with `Error: `, and one with `What to do: ` behind it. Null if there is
 * none.
 * @param lines masked lines, oldest first
 */
export function packagerFailure(lines: readonly string[]): PackagerFailure | null {
  const plain = lines.map((line) => stripVTControlCharacters(line).trim());
  const at = plain.findLastIndex((line) => line.startsWith('Error: '));
  const line = plain[at]?.slice('Error: '.length);
  if (line === undefined) return null;
  const [, hint = null] = /^What to do: (.+)/.exec(plain[at + 1] ?? '') ?? [];
  return { line, hint };
}
