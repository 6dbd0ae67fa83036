/**
 * What remains of a deployment that was removed: nothing, or for an hour the note of what is to be removed once more.
 * Whoever held an address to PUT a file to can still use it until it has run out; a removal before that would be the
 * last one, and the file would lie there for good.
 */

import type { Alarm } from '../objects/alarm.ts';
import { removeBelow } from '../storage/remove.ts';
import type { ObjectStore } from '../storage/storage.ts';

/** The one value in the object's storage, beside no tables. */
const NOTE = 'remains';

export class Remains {
  readonly #storage: DurableObjectStorage;
  readonly #objects: ObjectStore;
  readonly #alarm: Alarm;

  constructor(storage: DurableObjectStorage, objects: ObjectStore, alarm: Alarm) {
    this.#storage = storage;
    this.#objects = objects;
    this.#alarm = alarm;
  }

  /** Empties the object. Until `until` (Unix milliseconds; null for none) something may still come in below `prefix`. */
  async leave(prefix: string, until: number | null): Promise<void> {
    await this.#alarm.clear();
    await this.#storage.deleteAll();
    if (until === null) return;
    await this.#storage.put(NOTE, prefix);
    this.#alarm.ringBy(until);
  }

  /** The object was woken without anything to do: it is left as empty as it was before. */
  async untouched(): Promise<void> {
    if ((await this.#storage.get(NOTE)) === undefined) await this.#storage.deleteAll();
  }

  /** Nothing can come in any more: removes what did. Throws when storage does not answer: then it is to be called again. */
  async sweep(): Promise<void> {
    const prefix = await this.#storage.get<string>(NOTE);
    if (prefix !== undefined) await removeBelow(this.#objects, prefix);
    await this.#storage.deleteAll();
  }
}
