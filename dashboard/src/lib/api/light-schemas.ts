/**
 * What takes the place of the protocol's simple schemas in the browser: the same checks and messages, without zod. See
 * bundling/light-schemas.ts, which writes the calls of these functions.
 */
import { type LightResult, type LightSchema, refused } from './light-choice.ts';

/** A check, or a change of the value before the checks that follow. */
export type Step<Value> =
  | { readonly change: (value: Value) => Value }
  | { readonly holds: (value: Value) => boolean; readonly message: string };

/** A text, with its checks in order. */
export function text(
  steps: readonly Step<string>[],
): LightSchema<string> & { readonly maxLength: number | null } {
  const limits = steps.flatMap((step) => ('limit' in step ? [Number(step.limit)] : []));
  return {
    maxLength: limits.length === 0 ? null : Math.min(...limits),
    safeParse: (value) =>
      typeof value === 'string' ? run(steps, value) : refused([expected('string', value)]),
  };
}

/** A whole number, with its checks in order. */
export const integer = (steps: readonly Step<number>[]): LightSchema<number> => ({
  safeParse(value) {
    if (typeof value !== 'number' || !Number.isFinite(value)) return refused([expected('number', value)]);
    if (!Number.isInteger(value)) return refused(['Invalid input: expected int, received number']);
    return run([...SAFE, ...steps], value);
  },
});

function run<Value>(steps: readonly Step<Value>[], value: Value): LightResult<Value> {
  let data = value;
  const messages: string[] = [];
  for (const step of steps) {
    if ('change' in step) data = step.change(data);
    else if (!step.holds(data)) messages.push(step.message);
  }
  return messages.length > 0 ? refused(messages) : { success: true, data };
}

/** zod's message for a value of another type. */
const expected = (type: string, value: unknown): string =>
  `Invalid input: expected ${type}, received ${received(value)}`;

function received(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : typeof value;
}

export const trimmed: Step<string> = { change: (value) => value.trim() };

export const matching = (pattern: RegExp, message: string): Step<string> => ({
  holds: (value) => pattern.test(value),
  message,
});

/** The length of a text as zod counts it: in code points. */
const characters = (value: string): number => [...value].length;

export const atLeast = (length: number, message: string): Step<string> => ({
  holds: (value) => characters(value) >= length,
  message,
});

export const atMost = (length: number, message: string): Step<string> & { readonly limit: number } => ({
  holds: (value) => characters(value) <= length,
  message,
  limit: length,
});

export const from = (least: number, message: string): Step<number> => ({
  holds: (value) => value >= least,
  message,
});

export const upTo = (most: number, message: string): Step<number> => ({
  holds: (value) => value <= most,
  message,
});

/** Beyond these, a number can't tell neighbors apart. */
const SAFE: readonly Step<number>[] = [
  from(Number.MIN_SAFE_INTEGER, `Too small: expected int to be >=${Number.MIN_SAFE_INTEGER}`),
  upTo(Number.MAX_SAFE_INTEGER, `Too big: expected int to be <=${Number.MAX_SAFE_INTEGER}`),
];
