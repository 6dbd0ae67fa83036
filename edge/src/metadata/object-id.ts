/**
 * ObjectIds, as MongoDB makes them: 4 bytes of seconds since 1970, 5 random bytes, a 3-byte counter.
 * They sort by creation time, so a list's cursor is simply the last id.
 * Source: BSON specification, https://www.mongodb.com/docs/manual/reference/bson-types/#objectid
 */
let counter: number | undefined;

/** A new id, 24 hex digits. Unique within an isolate by the counter and across isolates by the random part. */
export function newObjectId(now: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  const view = new DataView(bytes.buffer);
  // Workers allow randomness only inside a request, so the counter starts at its first use.
  counter = counter === undefined ? view.getUint32(8) & 0xffffff : (counter + 1) & 0xffffff;
  view.setUint32(0, Math.floor(now / 1000));
  bytes[9] = counter >>> 16;
  bytes[10] = counter >>> 8;
  bytes[11] = counter;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
