/** The cron: what it does at one run, and that runs follow on each other. */
import { createScheduledController } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, expect, type MockInstance, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { uploadRecord } from '../metadata/testing/sample-records.ts';
import { sweepOf } from '../retention/object.ts';
import { appKeeping, oldDeployment, storedOf } from '../retention/testing/deployments.ts';
import { forgetAll } from '../testing/worker.ts';
import { sweep } from './sweep.ts';

const HOUR = 3_600_000;
const rings = (at = Date.now()) => sweep(createScheduledController({ scheduledTime: new Date(at) }), env);
let said: MockInstance;

beforeEach(async () => {
  await forgetAll();
  said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const removable = async () => oldDeployment(await appKeeping({ keepLast: 0, days: 0 }));

/** The instance's storage does not answer any more. */
function storageIsDown() {
  const real = globalThis.fetch;
  vi.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    return url.startsWith(env.S3_ENDPOINT)
      ? Promise.reject(new TypeError('Network connection lost.'))
      : real(input, init);
  });
}

test('a round goes through everything, and the next one comes hours later', async () => {
  const first = await removable();
  await rings();
  expect(await storedOf(first)).toEqual([]);
  expect(await sweepOf(env).round()).toMatchObject({ position: null, failed: false });

  const second = await removable();
  await rings();
  expect(await storedOf(second)).toHaveLength(2);
  await rings(Date.now() + 6 * HOUR);
  expect(await storedOf(second)).toEqual([]);
  await oldDeployment(await appKeeping({ keepLast: 1, days: 0 }));
  await rings(Date.now() + 12 * HOUR);
  expect(await sweepOf(env).round()).toMatchObject({ measured: { artifactBytes: 5 } });
});

test('an app with much to remove is swept to its end by its own alarm', async () => {
  const app = await appKeeping({ keepLast: 0, days: 0 });
  const record = await oldDeployment(app);
  const { deployments } = metadataOf(env);
  const failed = Array.from({ length: 110 }, () => ({
    ...record,
    id: newObjectId(),
    status: 'failed' as const,
  }));
  await Promise.all(failed.map((each) => deployments.project(each, 1)));
  const other = await removable();
  const left = async () => (await deployments.withContent(app.id, { limit: 200 })).items.length;
  await rings();
  // The round has gone on to the next app.
  expect(await storedOf(other)).toEqual([]);
  expect(await sweepOf(env).round()).toMatchObject({ position: null });
  await vi.waitFor(async () => expect(await left()).toBe(0), { timeout: 25_000, interval: 200 });
  expect(await storedOf(record)).toEqual([]);
});

test('while storage is down nothing is marked, and the run after that removes it', async () => {
  const record = await removable();
  storageIsDown();
  await rings();
  expect(said).toHaveBeenCalledWith(expect.stringContaining('this run broke off: '));
  expect(await metadataOf(env).deployments.byId(record.id)).toMatchObject({ artifactsRemovedAt: null });
  vi.restoreAllMocks();
  await rings();
  expect(await storedOf(record)).toEqual([]);
});

test('what a wrong variable keeps from being swept does not keep other things from it', async () => {
  const record = await removable();
  const metadata = metadataOf(env);
  const abandoned = uploadRecord({ createdAt: '2026-01-01T00:00:00.000Z' });
  await metadata.uploads.insert(abandoned);
  await sweep(createScheduledController(), { ...env, LOGS_DAYS: 'many' });
  expect(await storedOf(record)).toHaveLength(2);
  expect(await metadata.uploads.byId(abandoned.id)).toBeNull();
});
