/**
 * What a removed deployment leaves in its object: nothing, or for up to an hour a note of the prefix that is to be removed
 * from storage again. Until a presigned URL expires, anyone who has it can still upload a file.
 */

import type { Alarm } from '../objects/alarm.ts';
import { removeBelow } from '../storage/remove.ts';
import type { ObjectStore } from '../storage/storage.ts';

/** The one value in the object's storage, beside no tables. */
const NOTE = 'remains';

export class Cleanup {
  readonly #storage: DurableObjectStorage;
  readonly #objects: ObjectStore;
  readonly #alarm: Alarm;

  constructor(storage: DurableObjectStorage, objects: ObjectStore, alarm: Alarm) {
    this.#storage = storage;
    this.#objects = objects;
    this.#alarm = alarm;
  }

  /** Empties the object. Uploads below `prefix` are possible until `until` (Unix milliseconds; null for none). */
  async leave(prefix: string, until: number | null): Promise<void> {
    await this.empty();
    if (until === null) return;
    await this.#storage.put(NOTE, prefix);
    this.#alarm.ringBy(until);
  }

  /** Drops all that the object keeps, and its alarm. */
  async empty(): Promise<void> {
    await this.#alarm.clear();
    await this.#storage.deleteAll();
  }

  /** All URLs have expired: removes what was uploaded. Throws when storage doesn't answer; call it again then. */
  async sweep(): Promise<void> {
    const prefix = await this.#storage.get<string>(NOTE);
    if (prefix !== undefined) await removeBelow(this.#objects, prefix);
    await this.#storage.deleteAll();
  }
}
