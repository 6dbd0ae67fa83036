/** Which SQL statements the platform runs. */
import { utf8Bytes } from '@appflux/protocol';
import { exceeded, MAX_BOUND_VALUES, MAX_ROW_BYTES, MAX_STATEMENT_BYTES } from './platform.ts';

/**
 * Throws AppFluxError `unprocessable` for a statement that the platform does not run: one that is too long, has too many
 * values, or whose values together are larger than a row may be. A statement writes one row from its values, or looks
 * for rows by them.
 */
export function requireStatement(statement: string, values: readonly unknown[]): void {
  if (mostBytes(statement) > MAX_STATEMENT_BYTES) {
    const length = utf8Bytes(statement);
    if (length > MAX_STATEMENT_BYTES) throw exceeded('The statement (bytes)', length, MAX_STATEMENT_BYTES);
  }
  if (values.length > MAX_BOUND_VALUES)
    throw exceeded('The number of values of a statement', values.length, MAX_BOUND_VALUES);
  if (sizeOf(values, mostBytes) <= MAX_ROW_BYTES) return;
  const size = sizeOf(values, utf8Bytes);
  if (size > MAX_ROW_BYTES) throw exceeded('What is to be stored (bytes)', size, MAX_ROW_BYTES);
}

/** As many bytes as a text can have in UTF-8, where a UTF-16 unit takes three at most. To count them, it has to be encoded. */
const mostBytes = (text: string): number => 3 * text.length;

const sizeOf = (values: readonly unknown[], bytesOf: (text: string) => number): number =>
  values.reduce((sum: number, value) => sum + bytesOfValue(value, bytesOf), 0);

/** Bytes of a value in a row; a number, a boolean and NULL have at most nine (https://www.sqlite.org/fileformat2.html#record_format). */
function bytesOfValue(value: unknown, bytesOf: (text: string) => number): number {
  if (typeof value === 'string') return bytesOf(value);
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength;
  return 9;
}
