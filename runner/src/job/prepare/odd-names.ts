/** Names in a source that other systems can't hold: warned of, since builds here have no trouble with them. Pure. */
import { listed } from '@appflux/protocol';
import { say, type Text } from '../../masking/sentence.ts';
import { collisionKey } from './zip/names.ts';

/** Names of devices on Windows, also with an ending (learn.microsoft.com, "Naming Files, Paths, and Namespaces"). */
const DEVICE = /^(?:con|prn|aux|nul|com[1-9\u00b9\u00b2\u00b3]|lpt[1-9\u00b9\u00b2\u00b3])(?:\.|$)/i;

/** How many are collected: a tree can be full of them. */
const MOST = 100;

/** Collects odd names, folder by folder. */
export class OddNames {
  readonly #twins: string[] = [];
  readonly #devices: string[] = [];

  /** Takes all names of one folder. */
  add(folder: string, names: readonly string[]): void {
    const seen = new Map<string, string>();
    for (const name of names) {
      // Bytes that are no UTF-8 all look the same in a text.
      if (name.includes('\u{FFFD}')) continue;
      const path = folder === '' ? name : `${folder}/${name}`;
      if (DEVICE.test(name) && this.#devices.length < MOST) this.#devices.push(path);
      const key = collisionKey(name);
      const twin = seen.get(key);
      if (twin === undefined) seen.set(key, name);
      else if (this.#twins.length < MOST) this.#twins.push(path);
    }
  }

  /** Sentences for the log; none where all names are ordinary. */
  warnings(): Text[] {
    return [
      ...(this.#twins.length === 0
        ? []
        : [
            say`Another file differs from these only in case or composition of their names: ${listed([...this.#twins].sort())}. On Windows and macOS they are one file.`,
          ]),
      ...(this.#devices.length === 0
        ? []
        : [
            say`These names are devices on Windows, where the files can’t be created: ${listed([...this.#devices].sort())}.`,
          ]),
    ];
  }
}
