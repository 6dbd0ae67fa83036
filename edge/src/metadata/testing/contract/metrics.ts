import { expect, test } from 'vitest';
import type { DeploymentRecord, Metadata } from '../../metadata.ts';
import type { CreateBackend } from '../contract.ts';
import { appRecord, deploymentRecord, memberRecord, runnerRecord } from '../sample-records.ts';

const RANGE = { from: '2026-11-11', to: '2026-11-12' };

const EMPTY = {
  unended: [],
  ended: { success: 0, failed: 0, canceled: 0 },
  durationSeconds: null,
  waitingSeconds: null,
};

/** Keeps deployments of a new app; gives its team. */
async function keep(
  { apps, deployments }: Metadata,
  records: Partial<DeploymentRecord>[],
  ownerId: string = crypto.randomUUID(),
): Promise<string> {
  const app = appRecord({ ownerId });
  await apps.insert(app);
  for (const record of records) await deployments.project(deploymentRecord(app, record), 1);
  return app.ownerId;
}

const ended = (finishedAt: string, members: Partial<DeploymentRecord> = {}): Partial<DeploymentRecord> => ({
  status: 'success',
  createdAt: '2026-11-11T00:00:00.000Z',
  startedAt: '2026-11-11T00:00:02.000Z',
  finishedAt,
  durationSeconds: 10,
  ...members,
});

export function metricsContract(create: CreateBackend): void {
  test('teams are listed once each, by ascending id, up to the limit', async () => {
    const metadata = await create();
    const before = await metadata.metrics.teams(1000);
    const added = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
    for (const teamId of added) {
      await metadata.members.insert(memberRecord({ teamId, role: 'owner' }));
      await metadata.members.insert(memberRecord({ teamId, role: 'viewer' }));
    }
    const all = [...before, ...added].sort();
    expect(await metadata.metrics.teams(1000)).toEqual(all);
    expect(await metadata.metrics.teams(2)).toEqual(all.slice(0, 2));
    await metadata.members.deleteTeam(added[0] ?? '');
    expect(await metadata.metrics.teams(1000)).toEqual(all.filter((id) => id !== added[0]));
  });

  test('deployments that have not ended are counted by state, with the time of the oldest', async () => {
    const metadata = await create();
    const at = (minute: number) => `2026-11-20T10:0${minute}:00.000Z`;
    const team = await keep(metadata, [
      { status: 'queued', createdAt: at(5) },
      { status: 'queued', createdAt: at(3) },
      { status: 'building', createdAt: at(4) },
    ]);
    const other = await keep(metadata, [{ status: 'queued', createdAt: at(1) }]);
    const unended = async (teams: string[]) =>
      (await metadata.metrics.deployments(teams, RANGE)).unended.sort((a, b) =>
        a.status < b.status ? -1 : 1,
      );
    expect(await unended([team])).toEqual([
      { status: 'building', count: 1, oldestCreatedAt: at(4) },
      { status: 'queued', count: 2, oldestCreatedAt: at(3) },
    ]);
    expect(await unended([team, other])).toEqual([
      { status: 'building', count: 1, oldestCreatedAt: at(4) },
      { status: 'queued', count: 3, oldestCreatedAt: at(1) },
    ]);
  });

  test('of each state the oldest deployments that have not ended are listed, of the named teams only', async () => {
    const metadata = await create();
    const at = (minute: number) => `2026-11-20T10:0${minute}:00.000Z`;
    const team = await keep(metadata, [
      { status: 'queued', createdAt: at(5) },
      { status: 'queued', createdAt: at(3) },
      { status: 'queued', createdAt: at(4) },
      { status: 'canceling', createdAt: at(1) },
      ended('2026-11-11T01:00:00.000Z'),
    ]);
    await keep(metadata, [{ status: 'queued', createdAt: at(0) }]);
    const found = await metadata.metrics.unended([team], 2);
    expect(found.map(({ status, createdAt, teamId }) => [status, createdAt, teamId])).toEqual([
      ['queued', at(3), team],
      ['queued', at(4), team],
      ['canceling', at(1), team],
    ]);
    const [first] = found;
    const record = await metadata.deployments.byId(first?.deploymentId ?? '');
    expect(first?.app).toEqual({ id: record?.appId, slug: record?.app.slug });
  });

  test('deployments that failed in the range are listed with their codes, up to the limit', async () => {
    const metadata = await create();
    const failure = { code: 'build_failed' as const, message: 'm', phase: null, hint: 'h' };
    const failed = { status: 'failed' as const, failure };
    const team = await keep(metadata, [
      ended('2026-11-10T23:59:59.999Z', failed),
      ended('2026-11-11T01:00:00.000Z', failed),
      ended('2026-11-12T01:00:00.000Z', { status: 'failed', failure: null }),
      ended('2026-11-12T01:00:00.000Z'),
    ]);
    await keep(metadata, [ended('2026-11-11T01:00:00.000Z', failed)]);
    const found = await metadata.metrics.failed([team], RANGE, 10);
    expect(found.map(({ code, finishedAt, teamId }) => [code, finishedAt, teamId]).sort()).toEqual([
      ['build_failed', '2026-11-11T01:00:00.000Z', team],
      ['unknown', '2026-11-12T01:00:00.000Z', team],
    ]);
    expect(await metadata.metrics.failed([team], RANGE, 1)).toHaveLength(1);
  });

  test('deployments that ended in the range are counted by how, with their times, of the named teams only', async () => {
    const metadata = await create();
    const team = await keep(metadata, [
      ended('2026-11-10T23:59:59.999Z'),
      ended('2026-11-11T01:00:00.000Z', { durationSeconds: 20 }),
      ended('2026-11-12T23:59:59.999Z', { durationSeconds: 40 }),
      ended('2026-11-12T01:00:00.000Z', { status: 'failed', durationSeconds: 99 }),
      ended('2026-11-12T02:00:00.000Z', { status: 'canceled', startedAt: null, durationSeconds: null }),
      ended('2026-11-13T00:00:00.000Z'),
    ]);
    await keep(metadata, [ended('2026-11-11T01:00:00.000Z')]);
    expect(await metadata.metrics.deployments([team], RANGE)).toEqual({
      unended: [],
      ended: { success: 2, failed: 1, canceled: 1 },
      durationSeconds: { p50: 20, p95: 40 },
      waitingSeconds: { p50: 2, p95: 2 },
    });
  });

  test('runners are counted for each team that has any', async () => {
    const metadata = await create();
    const [one = '', other = '', none = ''] = [
      crypto.randomUUID(),
      crypto.randomUUID(),
      crypto.randomUUID(),
    ].sort();
    for (const ownerId of [other, one, other, crypto.randomUUID()])
      await metadata.runners.insert(runnerRecord({ ownerId }));
    expect(await metadata.metrics.runners([other, none, one])).toEqual([
      { teamId: one, count: 1 },
      { teamId: other, count: 2 },
    ]);
  });

  test('phases are those of the newest successful deployments of each team', async () => {
    const metadata = await create();
    const span = (minute: number) => [
      {
        phase: 'building' as const,
        startedAt: `2026-11-11T00:0${minute}:00.000Z`,
        finishedAt: `2026-11-11T00:0${minute}:07.000Z`,
      },
    ];
    const build = (minute: number, members: Partial<DeploymentRecord> = {}) =>
      ended('2026-11-11T01:00:00.000Z', {
        createdAt: `2026-11-11T00:0${minute}:00.000Z`,
        phases: span(minute),
        ...members,
      });
    const team = await keep(metadata, [build(1), build(3), build(2), build(4, { status: 'failed' })]);
    const other = await keep(metadata, [build(5)]);
    expect(await metadata.metrics.phases([team], 2)).toEqual([span(3), span(2)]);
    expect(await metadata.metrics.phases([team, other], 1)).toEqual([span(3), span(5)]);
  });

  test('of no teams, and of a team that has nothing, there is nothing', async () => {
    const { metrics } = await create();
    for (const teams of [[], [crypto.randomUUID()]]) {
      expect(await metrics.deployments(teams, RANGE)).toEqual(EMPTY);
      expect(await metrics.unended(teams, 5)).toEqual([]);
      expect(await metrics.failed(teams, RANGE, 5)).toEqual([]);
      expect(await metrics.runners(teams)).toEqual([]);
      expect(await metrics.phases(teams, 5)).toEqual([]);
    }
  });
}
