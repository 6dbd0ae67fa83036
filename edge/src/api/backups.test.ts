import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { forgetAll, request } from '../testing/worker.ts';

beforeEach(forgetAll);

const STATUS = {
  succeededAt: '2026-11-28T03:00:00.000Z',
  target: '/backup/appflux.backup',
  error: null,
  triedAt: '2026-11-28T03:00:00.000Z',
  schedule: '0 3 * * *',
};

const get = async () => (await request('/api/ops/backup', { token: env.OPERATOR_SECRET })).json();
const put = (json: unknown) =>
  request('/api/ops/backup', { method: 'PUT', token: env.OPERATOR_SECRET, json });

test('before anything is reported there is no backup', async () => {
  expect(await get()).toEqual({ status: null, ageSeconds: null });
});

test('what was reported last is shown, with the age of the newest snapshot', async () => {
  expect((await put(STATUS)).status).toBe(200);
  const age = Math.floor((Date.now() - Date.parse(STATUS.succeededAt)) / 1000);
  expect(await get()).toEqual({
    status: { ...STATUS, verifiedAt: null, bytes: null },
    ageSeconds: expect.toSatisfy((seconds: number) => Math.abs(seconds - Math.max(age, 0)) < 60),
  });
  const failed = { ...STATUS, error: 'the disk is full', triedAt: '2026-11-29T03:00:00.000Z' };
  await put(failed);
  expect(await get()).toMatchObject({ status: failed });
});

test('what a report leaves out stays as it was, but not of another backup', async () => {
  const verifiedAt = '2026-11-28T04:00:00.000Z';
  await put({ ...STATUS, bytes: 7 });
  await put({ ...STATUS, verifiedAt });
  expect(await get()).toMatchObject({ status: { bytes: 7, verifiedAt } });
  await put({ ...STATUS, bytes: 9, nextAt: '2026-11-29T03:00:00.000Z' });
  expect(await get()).toMatchObject({
    status: { bytes: 9, verifiedAt, nextAt: '2026-11-29T03:00:00.000Z' },
  });
  await put({ ...STATUS, target: '/other' });
  expect(await get()).toMatchObject({ status: { bytes: null, verifiedAt: null } });
});

test('a snapshot from the future has the age 0', async () => {
  await put({ ...STATUS, succeededAt: '2999-01-01T00:00:00.000Z' });
  expect(await get()).toMatchObject({ ageSeconds: 0 });
});

test('only the operator reads and reports it, in its one shape', async () => {
  for (const init of [{}, { method: 'PUT', json: STATUS }]) {
    expect((await request('/api/ops/backup', init)).status).toBe(401);
    expect((await request('/api/ops/backup', { ...init, token: 'x'.repeat(40) })).status).toBe(401);
  }
  for (const json of [{}, { ...STATUS, more: 1 }, { ...STATUS, triedAt: 'yesterday' }])
    expect((await put(json)).status).toBe(400);
  expect(await get()).toEqual({ status: null, ageSeconds: null });
});
