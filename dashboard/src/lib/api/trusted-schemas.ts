/**
 * What takes the place of the protocol's schemas in the browser: only the outermost shape is checked. That is enough to
 * tell a response of this server from that of a proxy. See bundling/protocol-modules.ts.
 */

/** The part of a zod schema that the client uses. */
export interface Check {
  safeParse(value: unknown): Checked;
  /** Accepts null, too. */
  nullable(): Check;
}

type Checked =
  | { readonly success: true; readonly data: unknown }
  | { readonly success: false; readonly error: Error & { readonly issues: readonly Issue[] } };

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A frame of a WebSocket: it has one of the types that this version knows. */
export interface FrameCheck extends Check {
  readonly options: readonly { readonly shape: { readonly type: { readonly values: readonly string[] } } }[];
}

const checking = (accepts: (value: unknown) => boolean, expected: string): Check => ({
  safeParse: (value) =>
    accepts(value) ? { success: true, data: value } : { success: false, error: mismatch(expected) },
  nullable: () => checking((value) => value === null || accepts(value), expected),
});

function mismatch(expected: string): Error & { readonly issues: readonly Issue[] } {
  const message = `Expected ${expected}`;
  return Object.assign(new Error(message), { issues: [{ code: 'invalid_type', path: [], message }] });
}

/** An object. */
export const record: Check = checking(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'an object',
);

/** An array. */
export const list: Check = checking(Array.isArray, 'a list');

/** Frames of some types. */
export const frames = (types: readonly string[]): FrameCheck => ({
  ...checking(
    (value) =>
      typeof value === 'object' && value !== null && 'type' in value && types.includes(String(value.type)),
    'a known frame',
  ),
  options: [{ shape: { type: { values: types } } }],
});
