/** What passes between the Worker and the object that keeps the connection to MongoDB. */
import type { ErrorCode } from '@appflux/protocol';

/** A call of the keeper: the store (null for the keeper's own methods), its method, and the arguments. */
export interface Call {
  store: string | null;
  method: string;
  args: unknown[];
}

/** How it went. Refusals travel as values: an error that passes between Workers keeps its message and nothing else. */
export type Answer =
  | { value: unknown }
  | { refused: { code: ErrorCode; message: string; hint?: string; retryAfterSeconds?: number } };

/** What of the object's stub is used. */
export interface Callee {
  call(call: Call): Promise<Answer>;
}
