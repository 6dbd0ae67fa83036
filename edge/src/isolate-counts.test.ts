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
  // Other tests share this isolate: what they counted before is not these calls'.
  const earlier = new Map(isolateCounts().storageErrors);
  const counted = (operation: string) =>
    (isolateCounts().storageErrors.get(operation) ?? 0) - (earlier.get(operation) ?? 0);
  expect(await store.get()).toBe('kept');
  await expect(store.put()).rejects.toThrow('the disk is full');
  expect(counted('put')).toBe(1);
  expect(counted('get')).toBe(0);
  await expect(store.complete()).rejects.toThrow('parts are missing');
  expect(counted('complete')).toBe(0);
});
