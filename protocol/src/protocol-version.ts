/**
 * Which versions of runner and instance work together: those whose protocols differ by one at most. Within a version, parts
 * say what else they know (`accepts` of `welcome`, `features`), so that a new version is only for what can't be added so.
 */

/** Of this version. 1 is that of 0.1.0, which does not name it. */
export const PROTOCOL = 2;

/** On the request for the pool's WebSocket, and on its answer: the protocol of who sends it, as a decimal number. */
export const PROTOCOL_HEADER = 'appflux-protocol';

/** Another part, from this one's point of view. */
export type ProtocolFit = 'fits' | 'too_old' | 'too_new';

/** The protocol that a header names: 1 if it is absent, 0 if it is not a number of one. */
export function protocolOf(header: string | null | undefined): number {
  if (header == null) return 1;
  return /^[1-9]\d{0,3}$/.test(header) ? Number(header) : 0;
}

/** Whether this version works with one of that protocol. */
export function protocolFit(other: number, own = PROTOCOL): ProtocolFit {
  if (other < own - 1) return 'too_old';
  return other > own + 1 ? 'too_new' : 'fits';
}
