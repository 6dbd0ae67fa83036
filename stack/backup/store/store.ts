/** Where a backup lies: objects by name, in a folder, in one file, or in a bucket. */
import { StackProblem } from '../../problem.ts';

export interface BackupStore {
  /** For messages. */
  readonly name: string;
  /** What it holds: sizes in bytes by name. Empty when there is nothing yet. */
  list(): Promise<Map<string, number>>;
  /** @throws StackProblem `backup_damaged` when there is no such object */
  get(name: string): Promise<Uint8Array>;
  /** An object appears whole or not at all, and stays when the machine loses power afterwards. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  remove(names: readonly string[]): Promise<void>;
  /** Ends the use of it. */
  close(): Promise<void>;
}

/** Bytes of all that a store holds. */
export const bytesIn = async (store: BackupStore): Promise<number> =>
  [...(await store.list()).values()].reduce((sum, size) => sum + size, 0);

/** The problem of an object that should be there. */
export const notThere = (store: string, name: string): StackProblem =>
  new StackProblem(
    'backup_damaged',
    `The backup is damaged: ${store} has no ${name}`,
    'use another copy of the backup',
  );

/** The names that a backup's objects have; anything else that lies beside them is left alone. */
export const isOurs = (name: string): boolean =>
  /^(?:appflux-backup\.json|key\.age|(?:packs|snapshots)\/[0-9A-Za-z-]+\.age)$/.test(name);
