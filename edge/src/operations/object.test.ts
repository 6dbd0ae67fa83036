import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import type { NewErrors } from '../recent-errors.ts';
import { objectsOf } from '../storage/index.ts';
import { endedDeploymentKey, logKey, uploadKey } from '../storage/keys.ts';
import type { ObjectStore } from '../storage/storage.ts';
import { forgetAll } from '../testing/worker.ts';
import { measureStorage } from './measure-storage.ts';
import { MOST_GROUPS, MOST_SAMPLES, operationsOf } from './object.ts';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-29T12:30:00.000Z');
const operations = operationsOf(env);

beforeEach(forgetAll);

const errors = (at: number, change: Partial<NewErrors> = {}): NewErrors => ({
  source: 'cron',
  code: 'Error',
  message: 'attempt <n> failed',
  count: 1,
  firstAt: at,
  lastAt: at,
  sample: { message: `at ${at}`, requestId: null },
  ...change,
});

test('errors add up by group, with the newest as sample', async () => {
  await operations.noteErrors([errors(NOW - HOUR, { count: 2 })], NOW - HOUR);
  await operations.noteErrors([errors(NOW), errors(NOW, { code: 'TypeError' })], NOW);
  const groups = await operations.errors(NOW);
  expect(
    groups.map(({ code, count, firstAt, lastAt, sample }) => [code, count, firstAt, lastAt, sample.message]),
  ).toEqual([
    ['Error', 3, NOW - HOUR, NOW, `at ${NOW}`],
    ['TypeError', 1, NOW, NOW, `at ${NOW}`],
  ]);
  expect(new Set(groups.map(({ id }) => id)).size).toBe(2);
});

test('what is older than a day counts no more, and is forgotten', async () => {
  await operations.noteErrors(
    [errors(NOW - 23 * HOUR), errors(NOW - 25 * HOUR, { code: 'old' })],
    NOW - 23 * HOUR,
  );
  expect((await operations.errors(NOW)).map(({ code }) => code)).toEqual(['Error']);
  expect(await operations.errors(NOW + 2 * HOUR)).toEqual([]);
  await operations.noteErrors([errors(NOW + 3 * HOUR, { code: 'new' })], NOW + 3 * HOUR);
  expect((await operations.errors(NOW)).map(({ code }) => code)).toEqual(['new']);
});

test('the number of groups is bounded: the one that was seen the longest ago goes', async () => {
  const many = Array.from({ length: MOST_GROUPS + 5 }, (_, index) =>
    errors(NOW + index, { message: `m${'x'.repeat(index)}` }),
  );
  for (let from = 0; from < many.length; from += 100)
    await operations.noteErrors(many.slice(from, from + 100), NOW);
  const kept = await operations.errors(NOW);
  expect(kept).toHaveLength(MOST_GROUPS);
  expect(Math.min(...kept.map(({ lastAt }) => lastAt))).toBe(NOW + 5);
});

test('there is one sample a day, and 90 at most', async () => {
  const sample = { disks: [], stored: null, backupBytes: null };
  for (let day = 0; day < MOST_SAMPLES + 3; day += 1)
    await operations.addSample({ ...sample, at: NOW + day * 24 * HOUR });
  await operations.addSample({ ...sample, at: NOW + 92 * 24 * HOUR + HOUR, backupBytes: 5 });
  const samples = await operations.samples();
  expect(samples).toHaveLength(MOST_SAMPLES);
  expect(samples[0]).toMatchObject({ day: '2027-03-01', backupBytes: 5 });
  expect(await operations.samples(1)).toHaveLength(1);
});

test('a failed run of the cron leaves when one last succeeded', async () => {
  expect(await operations.cron()).toBeNull();
  await operations.noteCron({ startedAt: 1, endedAt: 2, error: null });
  await operations.noteCron({ startedAt: 3, endedAt: 4, error: 'boom' });
  expect(await operations.cron()).toEqual({ startedAt: 3, succeededAt: 2, error: 'boom' });
});

test('storage is measured by kind, and not beyond its pages', async () => {
  const objects = objectsOf(env);
  const app = '66f2a1c04b7e9d0012345678';
  // Objects of deployments that ended in other tests write their files meanwhile.
  const own: ObjectStore = Object.assign(Object.create(objects), {
    listSizes: async (...asked: Parameters<ObjectStore['listSizes']>) => {
      const page = await objects.listSizes(...asked);
      return { ...page, objects: page.objects.filter(({ key }) => key.includes(app)) };
    },
  });
  await objects.put(uploadKey(app), 'source', 'text/plain');
  await objects.put(logKey(app, app), 'log', 'text/plain');
  // An artifact of that name has a folder more.
  await objects.put(`apps/${app}/${app}/1/log.ndjson.gz`, 'artifact', 'text/plain');
  await objects.put(endedDeploymentKey(app), 'kept', 'application/json');
  expect(await measureStorage(own)).toEqual({ sources: 6, logs: 7, artifacts: 8, complete: true });
  expect(await operations.measure()).toMatchObject({ complete: true });
  expect(await measureStorage(objects, 0)).toEqual({ sources: 0, artifacts: 0, logs: 0, complete: false });
  await objects.delete([
    uploadKey(app),
    logKey(app, app),
    endedDeploymentKey(app),
    `apps/${app}/${app}/1/log.ndjson.gz`,
  ]);
});
