/**
 * Ids that say in which database their record is: the last byte of an id is the database's number, from 1 to 7, and any other
 * value stands for database 0. Ids of earlier versions are all in database 0 and seldom (7 of 256) say something else, so a
 * mark is where to look first, never a proof. 56 random bits are left, as many as nobody guesses over a network.
 */
import { FURTHER_DATABASES } from '../further-databases.ts';
import { newObjectId } from '../object-id.ts';

/** How many databases an instance can have. */
const MOST_DATABASES = FURTHER_DATABASES.length + 1;

/** A new id that is marked for a database; `now` in Unix milliseconds. */
export function markedId(number: number, now?: number): string {
  for (;;) {
    const id = newObjectId(now);
    if (number > 0) return id.slice(0, -2) + number.toString(16).padStart(2, '0');
    if (markOf(id) === 0) return id;
  }
}

/** The database that an id is marked for. */
export function markOf(id: string): number {
  const last = Number.parseInt(id.slice(-2), 16);
  return last < MOST_DATABASES ? last : 0;
}
