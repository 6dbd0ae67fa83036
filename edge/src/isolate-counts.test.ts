import { AppFluxError } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { countingErrors, isolateCounts } from './isolate-counts.ts';

class Store {
  readonly #value = 'kept';
  get = async () => this.#value;
  async put(): Promise<void> {
    throw new Error('the disk is full');
  }
  async complete(): Promise<void> {
    throw new AppFluxError('upload_incomplete', 'parts are missing');
  }
}

test('a call that fails is counted by its operation, and its error is passed on', async () => {
  const store = countingErrors(new Store());
  expect(await store.get()).toBe('kept');
  const count = (operation: string) => isolateCounts().storageErrors.get(operation) ?? 0;
  const before = count('put');
  await expect(store.put()).rejects.toThrow('the disk is full');
  expect(count('put')).toBe(before + 1);
  expect(count('get')).toBe(0);
  await expect(store.complete()).rejects.toThrow('parts are missing');
  expect(count('complete')).toBe(0);
});
