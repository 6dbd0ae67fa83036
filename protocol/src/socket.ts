/** What both kinds of WebSocket share: the heartbeat, and why one was closed. */

/** Sent by the runner as a text frame; the platform answers it without waking the object. */
export const PING = 'ping';
export const PONG = 'pong';

/** A runner pings this often, in milliseconds. */
export const HEARTBEAT_MS = 10_000;

/** A lease runs out this long after the last ping seen, in milliseconds. */
export const LEASE_MS = 30_000;

/** Close codes of ours (RFC 6455 §7.4.2 leaves 4000–4999 to applications), named after HTTP statuses. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  /** The edge could not handle a frame, by a fault of its own: connect again and send it again. */
  fault: 1011,
  /** A frame that does not parse: a fault of the sender; connecting again will not help. */
  badFrame: 4400,
  /** The credential or lease token is not, or no longer, good. */
  unauthorized: 4401,
  /** The attempt is not the current one: stop the build. */
  staleAttempt: 4409,
  /** A newer connection of the same runner or attempt has taken over. */
  replaced: 4410,
  /** The frame is larger than is taken. */
  tooLarge: 4413,
  /** More frames or bytes came than one sender may send: wait, then connect again. 4429 had its meaning before. */
  tooManyFrames: 4420,
  /** The viewer reads too slowly; it may connect again with `after`. */
  tooSlow: 4429,
} as const;
export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];
