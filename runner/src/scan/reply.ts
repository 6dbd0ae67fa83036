/** Parses responses of clamd, in the formats of clamd(8) and ClamAV 1.4. */

export type Verdict =
  | { readonly kind: 'clean' }
  | { readonly kind: 'found'; readonly signature: string }
  /** Not all of it was looked at, because it is over one of clamd's limits. */
  | { readonly kind: 'over_limit'; readonly limit: string };

const STREAM_LIMIT = 'INSTREAM size limit exceeded. ERROR';
/** What AlertExceedsMax makes of a file that is over a limit: an alert by its form, but no malware. */
const LIMITS_EXCEEDED = /^Heuristics\.Limits\.Exceeded(?:\.(\w+))?/;

/** The verdict in an answer to INSTREAM; null if the answer is an error or not understood. */
export function parseVerdict(reply: string): Verdict | null {
  if (reply === STREAM_LIMIT) return { kind: 'over_limit', limit: 'StreamMaxLength' };
  if (reply === 'stream: OK') return { kind: 'clean' };
  // With ExtendedDetectionInfo the name is followed by a hash and a size.
  const signature = /^stream: (.+?)(?:\([0-9a-f]{32,64}:\d+\))? FOUND$/.exec(reply)?.[1];
  if (signature === undefined) return null;
  const limit = LIMITS_EXCEEDED.exec(signature);
  return limit === null ? { kind: 'found', signature } : { kind: 'over_limit', limit: limit[1] ?? 'a limit' };
}

export interface ClamdVersion {
  readonly engine: string;
  /** Null where clamd has none of the official signatures. */
  readonly signatures: { readonly version: number; readonly date: Date } | null;
}

/** An answer to VERSION: `ClamAV 1.4.6/27500/Mon Nov 23 08:00:00 2026`, or without signatures `ClamAV 1.4.6`. */
export function parseVersion(reply: string): ClamdVersion | null {
  const parts = /^ClamAV ([^\s/]+)(?:\/(\d+)\/(.+))?\s*$/.exec(reply);
  if (parts === null) return null;
  const [, engine = '', version, text] = parts;
  const date = new Date(text ?? Number.NaN);
  const known = version !== undefined && !Number.isNaN(date.getTime());
  return { engine, signatures: known ? { version: Number(version), date } : null };
}

const DAY_MS = 86_400_000;
/** The official signatures come out daily; past this age something is wrong with the updates. */
const STALE_DAYS = 7;

/** A sentence about the scanner for the log, and whether its signatures are too old to be relied on. */
export function describeVersion(version: ClamdVersion, now: Date): { text: string; stale: boolean } {
  const { engine, signatures } = version;
  if (signatures === null) {
    return { text: `ClamAV ${engine}, custom signatures`, stale: false };
  }
  const days = Math.max(0, Math.floor((now.getTime() - signatures.date.getTime()) / DAY_MS));
  const age = days === 0 ? 'from today' : days === 1 ? 'one day old' : `${days} days old`;
  return { text: `ClamAV ${engine}, signatures ${age}`, stale: days > STALE_DAYS };
}
