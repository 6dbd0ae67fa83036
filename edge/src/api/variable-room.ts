/** Whether an App's variables are within their limits. Pure. */
import { AppFluxError, formatNumber, MAX_VARIABLES, MAX_VARIABLES_BYTES, utf8Bytes } from '@appflux/protocol';
import type { SealedVariable } from '../metadata/metadata.ts';
import { openedBytes } from '../secrets/sealing.ts';

/** Bytes of a variable: its name and its value, in UTF-8. */
export const bytesOfVariable = (name: string, value: string) => utf8Bytes(name) + utf8Bytes(value);

/** Bytes of each variable that an App has. */
export const variableSizes = (envVars: Readonly<Record<string, SealedVariable>>): Map<string, number> =>
  new Map(Object.entries(envVars).map(([name, { sealed }]) => [name, utf8Bytes(name) + openedBytes(sealed)]));

/** Throws AppFluxError `unprocessable` when variables of these sizes are more than an App has. */
export function requireVariableRoom(sizes: ReadonlyMap<string, number>): void {
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (sizes.size <= MAX_VARIABLES && bytes <= MAX_VARIABLES_BYTES) return;
  throw new AppFluxError(
    'unprocessable',
    `An app has ${formatNumber(MAX_VARIABLES)} variables and ${MAX_VARIABLES_BYTES / 1024} KB of them at most`,
    { hint: 'Delete variables that are no longer needed, or store large values as files of the app.' },
  );
}

/**
 * Throws AppFluxError `unprocessable` when an App that has these variables can't have `value` for `name` as well. An App
 * of an earlier version may be above the limits: its variables can still become smaller.
 */
export function requireRoomFor(
  envVars: Readonly<Record<string, SealedVariable>>,
  name: string,
  value: string,
): void {
  const sizes = variableSizes(envVars);
  const before = sizes.get(name);
  const bytes = bytesOfVariable(name, value);
  if (before !== undefined && bytes <= before) return;
  requireVariableRoom(sizes.set(name, bytes));
}
