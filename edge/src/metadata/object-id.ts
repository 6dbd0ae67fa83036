/**
 * ObjectIds, as MongoDB makes them: 4 bytes of seconds since 1970, 5 random bytes, a 3-byte counter.
 * They sort by creation time, so a list's cursor is simply the last id. Ids of one isolate sort by creation
 * even within a second; those of two isolates do not.
 * Source: BSON specification, https://www.mongodb.com/docs/manual/reference/bson-types/#objectid
 */

/** What tells this isolate's ids from others'. Workers allow randomness only inside a request: made at first use. */
let isolate: { random: Uint8Array; counter: number } | undefined;

/** A new id, 24 hex digits. Unique within an isolate by the counter and across isolates by the random part. */
export function newObjectId(now: number = Date.now()): string {
  isolate ??= { random: crypto.getRandomValues(new Uint8Array(5)), counter: 0 };
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, Math.floor(now / 1000));
  bytes.set(isolate.random, 4);
  view.setUint8(9, isolate.counter >>> 16);
  view.setUint16(10, isolate.counter & 0xffff);
  isolate.counter = (isolate.counter + 1) & 0xffffff;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The lowest id that can be made in the second of `time` (ISO 8601): everything before it is older. */
export const firstObjectIdOf = (time: string): string =>
  Math.floor(Date.parse(time) / 1000)
    .toString(16)
    .padStart(8, '0')
    .padEnd(24, '0');
