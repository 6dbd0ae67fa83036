/** Which SQL statements the platform runs. */
import { utf8Bytes } from '@appflux/protocol';
import { exceeded, MAX_BOUND_VALUES, MAX_ROW_BYTES, MAX_STATEMENT_BYTES } from './platform.ts';

/**
 * Throws AppFluxError `unprocessable` for a statement that the platform does not run: one that is too long, has too many
 * values, or whose values together are larger than a row may be. A statement writes one row from its values, or looks
 * for rows by them.
 */
export function requireStatement(statement: string, values: readonly unknown[]): void {
  const length = utf8Bytes(statement);
  if (length > MAX_STATEMENT_BYTES) throw exceeded('The statement (bytes)', length, MAX_STATEMENT_BYTES);
  if (values.length > MAX_BOUND_VALUES)
    throw exceeded('The number of values of a statement', values.length, MAX_BOUND_VALUES);
  const size = values.reduce((sum: number, value) => sum + sizeOf(value), 0);
  if (size > MAX_ROW_BYTES) throw exceeded('What is to be stored (bytes)', size, MAX_ROW_BYTES);
}

/** Bytes of a value in a row; a number, a boolean and NULL have at most nine (https://www.sqlite.org/fileformat2.html#record_format). */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return utf8Bytes(value);
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength;
  return 9;
}
