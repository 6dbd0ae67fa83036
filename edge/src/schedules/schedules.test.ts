import { createScheduledController } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { ErrorBody, ScheduleList, type ScheduleStatus } from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { EACH_MINUTE, onCron } from '../cron/index.ts';
import { MOST_MISSED, requireDue, timesBetween } from '../cron-expression.ts';
import { metadataOf } from '../metadata/index.ts';
import { appRecord } from '../metadata/testing/sample-records.ts';
import { operationsOf } from '../operations/object.ts';
import { founder, type SignedIn } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';
import { advance } from './due.ts';
import { MOST_APPS, runSchedules } from './run.ts';

const metadata = metadataOf(env);
const parts = { env, metadata };
const NOW = new Date('2026-11-29T10:00:30.000Z');

describe('a cron expression', () => {
  test.each([
    ['* * * * *', '2026-11-29T10:01:00.000Z'],
    ['0 4 * * *', '2026-11-30T04:00:00.000Z'],
    ['*/7 * * * *', '2026-11-29T10:07:00.000Z'],
    ['0 0 29 2 *', '2028-02-29T00:00:00.000Z'],
    ['0 9 * * MON-FRI', '2026-11-30T09:00:00.000Z'],
    ['0  0\t1 * *', '2026-12-01T00:00:00.000Z'],
    ['@daily', '2026-11-30T00:00:00.000Z'],
    // A day of the month or a day of the week: either is enough, as for cron(8).
    ['0 0 31 2 1', '2027-02-01T00:00:00.000Z'],
  ])('%s is next due at %s', (cron, next) => {
    expect(requireDue(cron, NOW).toISOString()).toBe(next);
  });

  test.each(['0 0 30 2 *', '0 0 31 4,6,9,11 *'])('%s never runs, and is refused in words', (cron) => {
    expect(() => requireDue(cron, NOW)).toThrow(`“${cron}” never runs: there is no such day`);
  });

  test.each([
    '* * * * * *',
    '60 * * * *',
    '0 0 * * 8',
    'nightly',
    '@reboot',
    '2030-01-01T00:00:00Z',
    '0 4 * *',
    '; rm -rf /',
  ])('“%s” is none', (cron) => {
    expect(() => requireDue(cron, NOW)).toThrow('is not a cron expression');
  });

  test('its times are counted up to a limit', () => {
    const day = (dayOfMonth: number) => new Date(Date.UTC(2026, 10, dayOfMonth));
    expect(timesBetween('0 0 * * *', day(1), day(1))).toBe(1);
    expect(timesBetween('0 0 * * *', day(1), day(4))).toBe(4);
    expect(timesBetween('* * * * *', day(1), day(29))).toBe(MOST_MISSED);
  });
});

const status = (members: Partial<ScheduleStatus>): ScheduleStatus => ({
  cron: '0 4 * * *',
  nextAt: null,
  lastAt: null,
  lastDeploymentId: null,
  missed: 0,
  ...members,
});

test('after a downtime a schedule is due once, and the times that it missed are counted', () => {
  const late = status({ nextAt: '2026-11-26T04:00:00.000Z', missed: 1 });
  const later = status({ cron: '0 12 * * *', nextAt: '2026-11-29T12:00:00.000Z' });
  const { due, schedules } = advance([later, late], NOW);
  expect(due).toEqual([{ index: 1, schedule: late, at: '2026-11-26T04:00:00.000Z' }]);
  expect(schedules).toEqual([later, { ...late, nextAt: '2026-11-30T04:00:00.000Z', missed: 4 }]);
});

describe('the schedules of an app', () => {
  let owner: SignedIn;
  beforeEach(async () => {
    await forgetAll();
    owner = await founder();
    await metadata.apps.insert(appRecord({ ownerId: owner.user.id, slug: 'shop' }));
  });

  const put = (json: unknown, slug = 'shop') =>
    request(`/api/apps/${slug}/schedules`, { method: 'PUT', token: owner.token, json });
  const listed = async () =>
    ScheduleList.parse(await (await request('/api/apps/shop/schedules', { token: owner.token })).json())
      .items;
  const set = async (...wanted: object[]) => {
    const response = await put(wanted);
    expect(response.status).toBe(200);
    return ScheduleList.parse(await response.json()).items;
  };
  const app = async () => {
    const found = await metadata.apps.bySlug('shop');
    if (found === null) throw new Error('the app is gone');
    return found;
  };
  const deployments = async () => {
    const { id, ownerId } = await app();
    return (await metadata.deployments.list({ ownerId, appId: id }, { limit: 30 })).items;
  };
  /** The time that the first of them is due, and some seconds. */
  const dueAt = async () => new Date(Date.parse((await app()).scheduleDueAt ?? '') + 5_000);

  test('are set, shown and replaced, and those that stay keep when they last ran', async () => {
    expect(await listed()).toEqual([]);
    const nightly = { cron: '0 4 * * *', branch: 'main', environment: 'preview' };
    const [first] = await set(nightly, { cron: '@hourly' });
    expect(first).toEqual({
      ...nightly,
      nextAt: expect.any(String),
      lastAt: null,
      lastDeploymentId: null,
      missed: 0,
    });
    await runSchedules(parts, await dueAt());
    const ran = await listed();
    expect(ran.find(({ cron }) => cron === '@hourly')?.lastDeploymentId).toMatch(/^[0-9a-f]{24}$/);
    expect(await set({ cron: '@hourly' })).toEqual(ran.filter(({ cron }) => cron === '@hourly'));
    expect(await set()).toEqual([]);
    expect((await app()).scheduleDueAt).toBeNull();
  });

  test.each([
    [[{ cron: '0 0 30 2 *' }], 422, 'never runs'],
    [[{ cron: 'nightly' }], 422, 'not a cron expression'],
    [[{ cron: '@daily' }, { cron: '@daily' }], 422, 'twice'],
    [[{ cron: '@daily', branch: '--x' }], 400, 'branch'],
    [[{ cron: '@daily', timezone: 'Europe/Berlin' }], 400, 'timezone'],
    [Array.from({ length: 21 }, (_, minute) => ({ cron: `${minute} * * * *` })), 400, '20'],
    [{ cron: '@daily' }, 400, 'array'],
  ])('%j are refused', async (wanted, code, words) => {
    const response = await put(wanted);
    expect(response.status).toBe(code);
    expect(JSON.stringify(ErrorBody.parse(await response.json()))).toContain(words);
    expect(await listed()).toEqual([]);
  });

  test('need a repository', async () => {
    const source = { provider: 'upload', rootDirectory: './' } as const;
    await metadata.apps.insert(appRecord({ ownerId: owner.user.id, slug: 'zip', source }));
    expect((await put([{ cron: '@daily' }], 'zip')).status).toBe(422);
    expect((await put([], 'zip')).status).toBe(200);
  });

  test('deploy when they are due, once, and not before', async () => {
    await set({ cron: '0 4 * * *', branch: 'next', environment: 'preview' });
    const due = await dueAt();
    await runSchedules(parts, new Date(due.getTime() - 60_000));
    expect(await deployments()).toEqual([]);
    await runSchedules(parts, due);
    await runSchedules(parts, due);
    const [deployment, ...others] = await deployments();
    expect(others).toEqual([]);
    expect(deployment).toMatchObject({
      trigger: 'schedule',
      creator: { kind: 'schedule', name: '0 4 * * *' },
      branch: 'next',
      environment: 'preview',
      status: 'queued',
    });
    expect(await listed()).toMatchObject([
      { lastAt: due.toISOString(), lastDeploymentId: deployment?.id, missed: 0 },
    ]);
    expect((await app()).scheduleDueAt).toBe(new Date(due.getTime() - 5_000 + 24 * 3_600_000).toISOString());
  });

  test('run twice at the same moment deploy once', async () => {
    await set({ cron: '0 4 * * *' });
    const due = await dueAt();
    await Promise.all([runSchedules(parts, due), runSchedules(parts, due)]);
    expect(await deployments()).toHaveLength(1);
    expect((await listed())[0]?.missed).toBe(0);
  });

  test('that broke off after the deployment was created do not create another', async () => {
    await set({ cron: '0 4 * * *' });
    const due = await dueAt();
    const apps = new Proxy(metadata.apps, {
      get: (target, name) =>
        name === 'replaceSchedules'
          ? () => Promise.reject(new Error('connection lost'))
          : Reflect.get(target, name),
    });
    await runSchedules({ env, metadata: { ...metadata, apps } }, due);
    expect(await deployments()).toHaveLength(1);
    await runSchedules(parts, due);
    expect(await deployments()).toHaveLength(1);
    expect((await listed())[0]).toMatchObject({ lastAt: due.toISOString() });
  });

  test('that can’t be deployed are listed with the reason, and go on', async () => {
    await set({ cron: '0 4 * * *' });
    await runSchedules({ env: { ...env, MAX_QUEUED: '0' }, metadata }, await dueAt());
    expect(await deployments()).toMatchObject([
      { status: 'canceled', trigger: 'schedule', skipped: { reason: '0 deployments are already waiting' } },
    ]);
    expect((await app()).scheduleDueAt).not.toBeNull();
  });

  test('of an app that is built from uploads now miss their time, and say so', async () => {
    await set({ cron: '0 4 * * *' });
    const source = { provider: 'upload', rootDirectory: './' } as const;
    await metadata.apps.update((await app()).id, { source });
    await runSchedules(parts, await dueAt());
    expect(await deployments()).toEqual([]);
    expect(await listed()).toMatchObject([{ missed: 1, lastAt: null }]);
  });

  test('of more apps than a run deploys are deployed by the next one', async () => {
    const at = '2026-11-29T10:00:00.000Z';
    const { ownerId } = await app();
    for (let count = 0; count < MOST_APPS + 3; count += 1) {
      const due = { schedules: [status({ nextAt: at })], scheduleDueAt: at };
      await metadata.apps.insert(appRecord({ ownerId, ...due }));
    }
    const left = async () => (await metadata.apps.dueSchedules(NOW.toISOString(), 100)).length;
    await runSchedules(parts, NOW);
    expect(await left()).toBe(3);
    await runSchedules(parts, NOW);
    expect(await left()).toBe(0);
    const { items } = await metadata.deployments.list({ ownerId }, { limit: 100 });
    expect(new Set(items.map(({ appId }) => appId)).size).toBe(MOST_APPS + 3);
  });

  test('are run by the cron of each minute, which does not sweep, and not by the other', async () => {
    await set({ cron: '* * * * *' });
    const scheduledTime = await dueAt();
    await onCron(createScheduledController({ scheduledTime, cron: '*/15 * * * *' }), env);
    expect(await deployments()).toEqual([]);
    const swept = await operationsOf(env).cron();
    await onCron(createScheduledController({ scheduledTime, cron: EACH_MINUTE }), env);
    expect(await deployments()).toHaveLength(1);
    expect(await operationsOf(env).cron()).toEqual(swept);
  });

  test('who changed them is in the audit log', async () => {
    await set({ cron: '0 4 * * *' });
    const { items } = await metadata.audit.list(owner.user.id, { limit: 1 });
    expect(items).toMatchObject([{ action: 'app.schedules', actor: { name: owner.user.email } }]);
  });
});
