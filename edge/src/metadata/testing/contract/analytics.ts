import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TOP } from '../../analytics.ts';
import type { AppRecord, DeploymentRecord, Metadata } from '../../metadata.ts';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { appRecord, byId, deploymentRecord } from '../sample-records.ts';

const RANGE = { from: '2026-11-10', to: '2026-11-12' };
const CREATED = Date.parse('2026-11-11T00:00:00.000Z');

/** A deployment that has ended, after so many seconds of waiting and of building. */
function ended(app: AppRecord, members: Partial<DeploymentRecord> & { waited?: number } = {}) {
  const { waited = 1, ...rest } = members;
  return deploymentRecord(app, {
    status: 'success',
    createdAt: new Date(CREATED).toISOString(),
    startedAt: new Date(CREATED + waited * 1000).toISOString(),
    finishedAt: '2026-11-11T12:00:00.000Z',
    durationSeconds: 10,
    ...rest,
  });
}

async function keep({ apps, deployments }: Metadata, app: AppRecord, records: DeploymentRecord[]) {
  if ((await apps.byId(app.id)) === null) await apps.insert(app);
  for (const record of records) await deployments.project(record, 1);
}

export function analyticsContract(create: CreateBackend): void {
  test('a deployment counts on the day on which it ended, as it ended, once', async () => {
    const metadata = await create();
    const app = appRecord();
    const first = ended(app, { finishedAt: '2026-11-10T00:00:00.000Z' });
    await keep(metadata, app, [
      first,
      ended(app, { finishedAt: '2026-11-09T23:59:59.999Z' }),
      ended(app, { finishedAt: '2026-11-12T23:59:59.999Z', status: 'failed' }),
      ended(app, { finishedAt: '2026-11-13T00:00:00.000Z', status: 'failed' }),
      ended(app, { finishedAt: '2026-11-12T01:00:00.000Z', status: 'canceled' }),
      deploymentRecord(app, { status: 'building', startedAt: '2026-11-11T00:00:00.000Z' }),
    ]);
    await metadata.deployments.project({ ...first, logKey: 'a log' }, 2);
    const { days, top } = await metadata.analytics.builds({ ownerId: app.ownerId }, RANGE);
    expect(days).toEqual([
      { day: '2026-11-10', success: 1, failed: 0, canceled: 0 },
      { day: '2026-11-12', success: 0, failed: 1, canceled: 1 },
    ]);
    expect(top).toEqual([
      { app: { slug: app.slug, name: app.name }, ended: { success: 1, failed: 1, canceled: 1 } },
    ]);
  });

  test('a deployment that was queued, building and then ended counts when it has ended', async () => {
    const metadata = await create();
    const app = appRecord();
    const done = ended(app);
    await keep(metadata, app, [{ ...done, status: 'queued', startedAt: null, finishedAt: null }]);
    const asked = () => metadata.analytics.builds({ ownerId: app.ownerId }, RANGE);
    expect((await asked()).days).toEqual([]);
    await metadata.deployments.project({ ...done, status: 'building', finishedAt: null }, 2);
    expect((await asked()).days).toEqual([]);
    await metadata.deployments.project(done, 3);
    expect((await asked()).days).toEqual([{ day: '2026-11-11', success: 1, failed: 0, canceled: 0 }]);
  });

  test('percentiles are by nearest rank: durations of those that succeeded, waiting of all that were claimed', async () => {
    const metadata = await create();
    const tenths = fc.nat({ max: 36_000 }).map((value) => value / 10);
    const build = fc.record({
      status: fc.constantFrom('success' as const, 'failed' as const, 'canceled' as const),
      durationSeconds: tenths,
      waited: fc.option(tenths, { freq: 4 }),
    });
    const nearestRank = (values: number[], share: number) =>
      [...values].sort((one, other) => one - other)[Math.ceil((share * values.length) / 100) - 1];
    // From 100 seconds on with three significant digits.
    const rounded = (value: number) => {
      const unit = value < 100 ? 1 : value < 1000 ? 10 : 100;
      return (Math.round(Math.round(value * 10) / unit) * unit) / 10;
    };
    const percentiles = (exact: number[]) => {
      const values = exact.map(rounded);
      return values.length === 0 ? null : { p50: nearestRank(values, 50), p95: nearestRank(values, 95) };
    };
    await fc.assert(
      fc.asyncProperty(fc.array(build, { maxLength: 12 }), async (builds) => {
        const app = appRecord();
        const records = builds.map(({ status, durationSeconds, waited }) =>
          waited === null
            ? ended(app, { status: 'canceled', startedAt: null, durationSeconds: null })
            : ended(app, { status, durationSeconds, waited }),
        );
        await keep(metadata, app, records);
        const counted = await metadata.analytics.builds({ ownerId: app.ownerId }, RANGE);
        const claimed = builds.flatMap((one) =>
          one.waited === null ? [] : [{ ...one, waited: one.waited }],
        );
        const succeeded = claimed.filter(({ status }) => status === 'success');
        expect(counted.durationSeconds).toEqual(percentiles(succeeded.map((one) => one.durationSeconds)));
        expect(counted.waitingSeconds).toEqual(percentiles(claimed.map(({ waited }) => waited)));
      }),
      { numRuns: 12 },
    );
  });

  test('of one app, or of all that a team has and of nobody else’s', async () => {
    const metadata = await create();
    const mine = appRecord();
    const alsoMine = appRecord({ ownerId: mine.ownerId });
    const theirs = appRecord();
    const deployments = [mine, mine, alsoMine, theirs].map((app) => ended(app));
    for (const [index, app] of [mine, mine, alsoMine, theirs].entries()) {
      await keep(metadata, app, deployments.slice(index, index + 1));
    }
    await metadata.downloads.add(
      newObjectId(),
      deployments.map(({ id, appId }, index) => ({
        appId,
        deploymentId: id,
        artifact: 'a.zip',
        day: '2026-11-12',
        count: 10 ** index,
      })),
    );
    const { ownerId } = mine;
    const builds = async (scope: { ownerId: string; appId?: string }) =>
      (await metadata.analytics.builds(scope, RANGE)).days.map(({ success }) => success);
    const downloads = async (scope: { ownerId: string; appId?: string }) =>
      (await metadata.analytics.downloads(scope, RANGE)).days;
    expect(await builds({ ownerId })).toEqual([3]);
    expect(await builds({ ownerId, appId: mine.id })).toEqual([2]);
    expect(await builds({ ownerId, appId: theirs.id })).toEqual([]);
    expect(await downloads({ ownerId })).toEqual([{ day: '2026-11-12', downloads: 111 }]);
    expect(await downloads({ ownerId, appId: mine.id })).toEqual([{ day: '2026-11-12', downloads: 11 }]);
    expect(await downloads({ ownerId, appId: theirs.id })).toEqual([]);
    expect((await metadata.analytics.downloads({ ownerId }, RANGE)).top).toEqual([
      { app: { slug: alsoMine.slug, name: alsoMine.name }, downloads: 100 },
      { app: { slug: mine.slug, name: mine.name }, downloads: 11 },
    ]);
  });

  test('what an app counted goes with it, and what its team’s others counted stays', async () => {
    const metadata = await create();
    const [gone, stays] = [appRecord(), appRecord()];
    stays.ownerId = gone.ownerId;
    await keep(metadata, gone, [
      ended(gone, { durationSeconds: 99 }),
      ended(gone, { durationSeconds: 10 }),
      ended(gone, { finishedAt: '2026-11-10T12:00:00.000Z', status: 'failed' }),
    ]);
    await keep(metadata, stays, [ended(stays, { waited: 3 })]);
    const asked = (appId?: string) =>
      metadata.analytics.builds({ ownerId: gone.ownerId, ...(appId === undefined ? {} : { appId }) }, RANGE);
    expect((await asked()).days).toHaveLength(2);
    await metadata.apps.delete(gone.id);
    expect(await asked()).toEqual({
      days: [{ day: '2026-11-11', success: 1, failed: 0, canceled: 0 }],
      durationSeconds: { p50: 10, p95: 10 },
      waitingSeconds: { p50: 3, p95: 3 },
      top: [{ app: { slug: stays.slug, name: stays.name }, ended: { success: 1, failed: 0, canceled: 0 } }],
    });
    expect((await asked(gone.id)).days).toEqual([]);
    // An event that was on its way brings nothing back.
    await metadata.deployments.project(ended(gone), 9);
    expect((await asked()).days).toHaveLength(1);
  });

  test('an end that is reported at the same time by two events counts once', async () => {
    const metadata = await create();
    const app = appRecord();
    await metadata.apps.insert(app);
    const records = Array.from({ length: 4 }, () => ended(app));
    await Promise.all(
      records.flatMap((record) => [1, 2].map((seq) => metadata.deployments.project(record, seq))),
    );
    const { days, durationSeconds } = await metadata.analytics.builds({ ownerId: app.ownerId }, RANGE);
    expect(days).toEqual([{ day: '2026-11-11', success: 4, failed: 0, canceled: 0 }]);
    expect(durationSeconds).toEqual({ p50: 10, p95: 10 });
  });

  test('the apps with the most come first, those with as many by their ids, and no more than ten', async () => {
    const metadata = await create();
    const { ownerId } = appRecord();
    const apps = Array.from({ length: TOP + 2 }, () => appRecord({ ownerId })).sort(byId);
    for (const [index, app] of apps.entries()) {
      const records = index === 5 ? [ended(app), ended(app, { status: 'failed' })] : [ended(app)];
      await keep(metadata, app, records);
    }
    const { top } = await metadata.analytics.builds({ ownerId }, RANGE);
    const slugs = apps.map(({ slug }) => slug);
    expect(top.map(({ app }) => app.slug)).toEqual(
      [slugs[5], ...slugs.filter((_, i) => i !== 5)].slice(0, TOP),
    );
    expect(top[0]?.ended).toEqual({ success: 1, failed: 1, canceled: 0 });
  });

  test('of nothing there is nothing', async () => {
    const { analytics } = await create();
    const scope = { ownerId: crypto.randomUUID() };
    expect(await analytics.builds(scope, RANGE)).toEqual({
      days: [],
      durationSeconds: null,
      waitingSeconds: null,
      top: [],
    });
    expect(await analytics.downloads(scope, RANGE)).toEqual({ days: [], top: [] });
  });
}
