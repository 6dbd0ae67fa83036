/**
 * Ids in the format of MongoDB's ObjectId: 4 bytes of seconds since 1970, then 8 random bytes. MongoDB itself fills
 * those 8 bytes with a constant of the process and a counter, which can be guessed from any other id; ours come from
 * a CSPRNG, because an id is all that somebody needs who wants a file from `/dl`.
 * Ids sort by the second in which they were made, and at random within it: a list that people see is ordered by
 * creation time, with the id as tie-breaker (paging.ts).
 * Source: BSON specification, https://www.mongodb.com/docs/manual/reference/bson-types/#objectid
 */

/** A new id, 24 hex digits; `now` in Unix milliseconds. */
export function newObjectId(now: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  new DataView(bytes.buffer).setUint32(0, Math.floor(now / 1000));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The lowest id that can be made in the second of `time` (ISO 8601): everything before it is older. */
export const firstObjectIdOf = (time: string): string =>
  Math.floor(Date.parse(time) / 1000)
    .toString(16)
    .padStart(8, '0')
    .padEnd(24, '0');

/** The second in which an id was made, in Unix milliseconds. */
export const madeAt = (id: string): number => Number.parseInt(id.slice(0, 8), 16) * 1000;
