/** Reads recorded logs and locates their errors, as a build's end does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { formatLocation } from '@appflux/protocol';
import { explain } from '../../explain/index.ts';
import { locate } from '../index.ts';

export const RECORDED = join(import.meta.dirname, '..', '..', '..', 'recorded');
export const SOURCE = { path: '/workspace', rootDirectory: '' };

/** The lines of a log; its last line says how the command ended. */
export const linesOf = (log: string): string[] =>
  readFileSync(join(RECORDED, log), 'utf8').trimEnd().split('\n').slice(0, -1);

/** The location, and the beginning of the line that reports the error; null if there is none. */
export function located(lines: readonly string[], source = SOURCE): [location: string, line: string] | null {
  const found = locate(lines, explain(lines).explanation, source);
  if (found === null) return null;
  return [
    formatLocation(found),
    stripVTControlCharacters(lines[found.index] ?? '')
      .trim()
      .slice(0, 48),
  ];
}
