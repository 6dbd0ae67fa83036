const STORAGE_KEY = 'appflux.skipped';

/** Whether lists leave out skipped deployments in this browser. They don't unless someone chose it. */
export const hidesSkipped = (storage: Pick<Storage, 'getItem'>): boolean =>
  storage.getItem(STORAGE_KEY) === 'hidden';

/** Stores the choice in this browser. */
export const storeHidesSkipped = (storage: Pick<Storage, 'setItem'>, hides: boolean): void =>
  storage.setItem(STORAGE_KEY, hides ? 'hidden' : 'shown');
