/**
 * Between columns and the members of records. Rows hold what these same stores wrote, so they are trusted;
 * a column of another type is a migration that was not applied, and is said aloud.
 */
import type { Row } from './database.ts';

/** A column that holds text. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`Column ${column} holds no text`);
  return value;
}

/** A column that holds text or nothing. */
export const textOrNull = (row: Row, column: string): string | null =>
  row[column] === null ? null : text(row, column);

/** A column that holds a number. */
export function number(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new TypeError(`Column ${column} holds no number`);
  return value;
}

/** A column that holds a number or nothing. */
export const numberOrNull = (row: Row, column: string): number | null =>
  row[column] === null ? null : number(row, column);

/** A boolean, kept as 0 or 1. */
export const flag = (row: Row, column: string): boolean => number(row, column) === 1;

/** A boolean that may be missing, kept as 0, 1 or NULL. */
export const flagOrNull = (row: Row, column: string): boolean | null =>
  row[column] === null ? null : flag(row, column);

/** A column that holds JSON of what the caller says it is. */
export const json = <Value>(row: Row, column: string): Value => JSON.parse(text(row, column)) as Value;

/** A boolean as it is kept. */
export const fromFlag = (value: boolean): number => (value ? 1 : 0);
