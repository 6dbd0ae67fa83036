/** Shared by all WebSockets: the heartbeat, and the close codes. */

/** Sent by the runner as a text frame; the platform answers it without waking the object. */
export const PING = 'ping';
export const PONG = 'pong';

/** The interval of a runner's pings, in milliseconds. */
export const HEARTBEAT_MS = 10_000;

/** A lease expires this long after the last ping seen, in milliseconds. */
export const LEASE_MS = 30_000;

/** Our close codes (RFC 6455 §7.4.2 leaves 4000–4999 to applications), named after HTTP statuses. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  /** The edge could not handle a frame, because of an error of its own: reconnect and send it again. */
  fault: 1011,
  /** A frame that does not parse: the sender's error; reconnecting will not help. */
  badFrame: 4400,
  /** The credential or lease token is invalid or no longer valid. */
  unauthorized: 4401,
  /** The attempt is not the current one: stop the build. */
  staleAttempt: 4409,
  /** A newer connection of the same runner or attempt has replaced this one. */
  replaced: 4410,
  /** The frame is too large. */
  tooLarge: 4413,
  /** More frames or bytes than one sender may send: wait, then reconnect. 4429 was already in use. */
  tooManyFrames: 4420,
  /** The viewer reads too slowly; it may reconnect with `after`. */
  tooSlow: 4429,
} as const;
export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];
