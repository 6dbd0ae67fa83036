/**
 * Limits of the platform that something of ours can grow to. docs/limits.md says for each what ours is, below it, and
 * what a person reads who reaches that. Sizes are in bytes.
 */
import { AppFluxError, formatNumber } from '@appflux/protocol';

/** A string, BLOB or row of D1 and of an object's SQLite: https://developers.cloudflare.com/d1/platform/limits/ */
export const MAX_ROW_BYTES = 2_000_000;

/** An SQL statement, without its values: the same page. */
export const MAX_STATEMENT_BYTES = 100_000;

/** Values bound to a statement: the same page. */
export const MAX_BOUND_VALUES = 100;

/**
 * A message of a queue is 128,000 bytes, of which about 100 are the queue's own:
 * https://developers.cloudflare.com/queues/platform/limits/
 */
export const MAX_MESSAGE_BYTES = 127_900;

/**
 * What a hibernating WebSocket remembers has 16,384 bytes after structured cloning, of which JSON is a good measure for
 * texts and whole numbers: https://developers.cloudflare.com/durable-objects/api/state/#serializeattachment
 */
export const MAX_ATTACHMENT_BYTES = 12_000;

/**
 * A page of a list ends early when its records have this many bytes: it is parsed, and made into an answer, in an isolate
 * of 128 MB, and comes from MongoDB's object in an RPC answer of 32 MiB at most.
 */
export const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** The refusal of `what`, which has `size` where `most` is allowed. */
export const exceeded = (what: string, size: number, most: number): AppFluxError =>
  new AppFluxError(
    'unprocessable',
    `${what} is too large: ${formatNumber(size)}, and ${formatNumber(most)} is the most`,
    { hint: 'docs/limits.md lists the limits, and what to do at each.' },
  );
