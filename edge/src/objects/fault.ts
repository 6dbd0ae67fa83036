/**
 * Why a call of a Durable Object failed, when that was the platform's doing.
 * Source: https://developers.cloudflare.com/durable-objects/best-practices/error-handling/
 */

/**
 * `lost`: the object was reset or not reached, and nobody knows whether the call was carried out; the next call finds a
 * new instance. `overloaded`: it has more calls than it can handle, and calling again makes that worse.
 */
export type ObjectFault = 'lost' | 'overloaded';

/** What the platform sets on the errors of calls. An error of our own code has `remote` and none of these. */
interface PlatformError {
  readonly message?: unknown;
  readonly overloaded?: unknown;
  readonly retryable?: unknown;
  readonly durableObjectReset?: unknown;
}

const OVERLOADED = [/^Durable Object is overloaded\b/, /generating too much load on Durable Objects/];

/** The flags are lost when an error passes through another object; its words are not. */
const LOST = [
  /^Durable Object(?:'s isolate)?\b.* reset\b/,
  /^Network connection lost\b/,
  /^Cannot resolve Durable Object due to transient issue\b/,
  /this Durable Object instance is no longer active/,
];

/** The platform's fault that an error tells of; null for an error of our own code. */
export function faultOf(error: unknown): ObjectFault | null {
  if (typeof error !== 'object' || error === null) return null;
  const { overloaded, retryable, durableObjectReset, message } = error as PlatformError;
  // `abort(error)` puts the class of the error before its words.
  const words = typeof message === 'string' ? message.replace(/^(?:Error: )+/, '') : '';
  const says = (patterns: readonly RegExp[]) => patterns.some((pattern) => pattern.test(words));
  if (overloaded === true || says(OVERLOADED)) return 'overloaded';
  if (retryable === true || durableObjectReset === true || says(LOST)) return 'lost';
  return null;
}
