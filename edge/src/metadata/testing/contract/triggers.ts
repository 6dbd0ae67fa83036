import { DEFAULT_TRIGGERS, type TriggerRules } from '@appflux/protocol';
import { expect, test } from 'vitest';
import type { AppSchedules } from '../../metadata.ts';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { appRecord, deploymentRecord, kept } from '../sample-records.ts';

const PAGE = { limit: 30 };
const pullRequest = (number: number) => ({
  number,
  title: `Add “${number}”`,
  url: `https://git.example/team/app/pull/${number}`,
  fork: false,
});

const schedulesDue = (scheduleDueAt: string | null): AppSchedules => ({
  schedules:
    scheduleDueAt === null
      ? []
      : [{ cron: '0 4 * * *', nextAt: scheduleDueAt, lastAt: null, lastDeploymentId: null, missed: 2 }],
  scheduleDueAt,
  schedulesRevision: newObjectId(),
});

export function triggerContract(create: CreateBackend): void {
  test('what an app says about its triggers comes back, and can be changed', async () => {
    const { apps } = await create();
    const triggers: TriggerRules = {
      ...DEFAULT_TRIGGERS,
      tags: 'v*',
      include: ['/web/**'],
      forks: 'never',
    };
    const app = appRecord({
      triggers,
      repositoryId: 'github:1',
      ...schedulesDue('2026-11-30T04:00:00.000Z'),
    });
    await apps.insert(app);
    expect(await apps.byId(app.id)).toEqual(app);
    const change = { triggers: DEFAULT_TRIGGERS, repoKey: 'git.example/other', repositoryId: null };
    expect(await apps.update(app.id, change)).toEqual({ ...app, ...change });
  });

  test('the apps of a repository are found by its key, or by its id under whatever key', async () => {
    const { apps } = await create();
    const { ownerId } = appRecord();
    const repoKey = 'git.example/team/app';
    const named = appRecord({ ownerId, repoKey });
    const renamed = appRecord({ ownerId, repoKey: 'git.example/team/old', repositoryId: 'github:1' });
    const both = appRecord({ ownerId, repoKey, repositoryId: 'github:1' });
    // Another repository had this name before.
    const former = appRecord({ ownerId, repoKey, repositoryId: 'github:2' });
    const other = appRecord({ ownerId, repoKey: 'git.example/team/app2' });
    const theirs = appRecord({ repoKey });
    for (const app of [named, renamed, both, former, other, theirs]) await apps.insert(app);
    const found = async (...asked: Parameters<typeof apps.ofRepository>) =>
      (await apps.ofRepository(...asked)).map(({ id }) => id);
    const byKey = [named.id, both.id, former.id];
    expect(await found(ownerId, { repoKey })).toEqual(byKey);
    expect(await found(ownerId, { repoKey, repositoryId: null })).toEqual(byKey);
    expect(await found(ownerId, { repoKey, repositoryId: 'github:1' })).toEqual([
      named.id,
      renamed.id,
      both.id,
    ]);
    expect(await found(null, { repoKey })).toEqual([...byKey, theirs.id]);
    expect(await found(ownerId, { repoKey: 'git.example/team' })).toEqual([]);
    expect(await found(theirs.ownerId, { repoKey: 'x', repositoryId: 'github:1' })).toEqual([]);
  });

  test('apps whose schedules are due come by the time, and those that have none never', async () => {
    const { apps } = await create();
    const due = appRecord(schedulesDue('2026-11-30T04:00:00.000Z'));
    const sooner = appRecord(schedulesDue('2026-11-30T03:00:00.000Z'));
    const later = appRecord(schedulesDue('2026-11-30T04:01:00.000Z'));
    for (const app of [due, sooner, later, appRecord()]) await apps.insert(app);
    const at = '2026-11-30T04:00:00.000Z';
    expect(await apps.dueSchedules(at, 10)).toEqual([sooner, due]);
    expect(await apps.dueSchedules(at, 1)).toEqual([sooner]);
    expect(await apps.dueSchedules('2026-11-29T04:00:00.000Z', 10)).toEqual([]);
  });

  test('schedules are replaced once for each revision', async () => {
    const { apps } = await create();
    const app = appRecord();
    await apps.insert(app);
    const [first, second] = [schedulesDue('2026-11-30T04:00:00.000Z'), schedulesDue(null)];
    expect(await apps.replaceSchedules(app.id, 'another', first)).toBe(false);
    expect(await apps.byId(app.id)).toEqual(app);
    expect(await apps.replaceSchedules(app.id, null, first)).toBe(true);
    expect(await apps.replaceSchedules(app.id, null, second)).toBe(false);
    expect(await apps.byId(app.id)).toEqual({ ...app, ...first });
    expect(await apps.replaceSchedules(app.id, first.schedulesRevision, second)).toBe(true);
    expect(await apps.byId(app.id)).toEqual({ ...app, ...second });
    expect(await apps.replaceSchedules(newObjectId(), null, first)).toBe(false);
  });

  test('what a trigger knows of its deployment comes back', async () => {
    const { apps, deployments } = await create();
    const app = appRecord();
    await apps.insert(app);
    const record = deploymentRecord(app, {
      number: 7,
      trigger: 'pull_request',
      creator: { kind: 'github', name: 'ada' },
      pullRequest: pullRequest(3),
      approval: { state: 'required', by: null },
      tag: 'v1.0',
      waiting: { reason: 'approval', since: '2026-11-29T10:00:00.000Z' },
    });
    const skipped = deploymentRecord(app, { status: 'canceled', skipped: { reason: 'Nothing changed' } });
    for (const each of [record, skipped]) await deployments.project(each, 1);
    expect(await deployments.byId(record.id)).toEqual(kept(record));
    expect(await deployments.byId(skipped.id)).toEqual(kept(skipped));
  });

  test('what was skipped is no build: analytics don’t count it, and retention has nothing of it to remove', async () => {
    const { apps, deployments, analytics } = await create();
    const app = appRecord();
    await apps.insert(app);
    const finishedAt = '2026-11-02T12:00:00.000Z';
    const ended = { status: 'canceled', finishedAt } as const;
    const skipped = deploymentRecord(app, { ...ended, skipped: { reason: 'Nothing changed' } });
    const canceled = deploymentRecord(app, ended);
    for (const record of [skipped, canceled]) await deployments.project(record, 1);
    const range = { from: '2026-11-02', to: '2026-11-02' };
    const { days } = await analytics.builds({ ownerId: app.ownerId }, range);
    expect(days).toEqual([{ day: '2026-11-02', success: 0, failed: 0, canceled: 1 }]);
    const { items } = await deployments.withContent(app.id, PAGE);
    expect(items.map(({ id }) => id)).toEqual([canceled.id]);
  });

  test('what needs approval is not in the queue that metrics measure: it may wait for people for days', async () => {
    const { apps, deployments, metrics } = await create();
    const app = appRecord();
    await apps.insert(app);
    const held = deploymentRecord(app, { approval: { state: 'required', by: null } });
    const queued = deploymentRecord(app);
    const building = deploymentRecord(app, {
      status: 'building',
      approval: { state: 'approved', by: 'ada' },
    });
    for (const record of [held, queued, building]) await deployments.project(record, 1);
    const unended = async () =>
      (await metrics.unended([app.ownerId], 10)).map(({ deploymentId }) => deploymentId);
    expect(await unended()).toEqual([queued.id, building.id]);
    const range = { from: '2026-11-01', to: '2026-11-30' };
    const counts = async () => (await metrics.deployments([app.ownerId], range)).unended;
    expect(await counts()).toEqual(
      expect.arrayContaining([
        { status: 'queued', count: 1, oldestCreatedAt: queued.createdAt },
        { status: 'building', count: 1, oldestCreatedAt: building.createdAt },
      ]),
    );
    await deployments.project({ ...queued, status: 'canceled' }, 2);
    expect(await unended()).toEqual([building.id]);
    expect((await counts()).map(({ status }) => status)).toEqual(['building']);
  });

  test('lists are narrowed by what was skipped, by branch, environment and pull request', async () => {
    const { apps, deployments } = await create();
    const app = appRecord();
    await apps.insert(app);
    const a = deploymentRecord(app, { branch: 'next', environment: 'preview', pullRequest: pullRequest(3) });
    const b = deploymentRecord(app, { status: 'canceled', skipped: { reason: 'Nothing changed' } });
    const c = deploymentRecord(app, { branch: 'next', status: 'failed' });
    const d = deploymentRecord(app, { branch: null, environment: 'preview', pullRequest: pullRequest(30) });
    for (const record of [a, b, c, d]) await deployments.project(record, 1);
    const { id: appId, ownerId } = app;
    const found = async (filter: Partial<Parameters<typeof deployments.list>[0]>) => {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page: Awaited<ReturnType<typeof deployments.list>> = await deployments.list(
          { ownerId, appId, ...filter },
          { limit: 1, ...(cursor === undefined ? {} : { cursor }) },
        );
        ids.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return ids;
    };
    expect(await found({})).toEqual([d.id, c.id, b.id, a.id]);
    expect(await found({ skipped: 'only' })).toEqual([b.id]);
    expect(await found({ skipped: 'exclude' })).toEqual([d.id, c.id, a.id]);
    expect(await found({ branch: 'next' })).toEqual([c.id, a.id]);
    expect(await found({ branch: 'next', environment: 'preview' })).toEqual([a.id]);
    expect(await found({ environment: 'preview' })).toEqual([d.id, a.id]);
    expect(await found({ pullRequest: 3 })).toEqual([a.id]);
    expect(await found({ pullRequest: 4 })).toEqual([]);
    expect(await found({ branch: 'next', status: 'failed' })).toEqual([c.id]);
    const all = await deployments.list({ ownerId, skipped: 'exclude', environment: 'preview' }, PAGE);
    expect(all.items.map(({ id }) => id)).toEqual([d.id, a.id]);
  });

  test('a deployment whose commit a pull request is opened for later is one of that pull request', async () => {
    const { apps, deployments } = await create();
    const app = appRecord();
    await apps.insert(app);
    const pushed = deploymentRecord(app, { branch: 'next' });
    await deployments.project(pushed, 1);
    const adopted = { ...pushed, pullRequest: pullRequest(5) };
    await deployments.project(adopted, 2);
    // What is late changes nothing.
    await deployments.project(pushed, 1);
    const { ownerId, id: appId } = app;
    expect((await deployments.list({ ownerId, appId, pullRequest: 5 }, PAGE)).items).toEqual([kept(adopted)]);
    expect(await deployments.unendedOf(appId, { pullRequest: 5 })).toEqual([kept(adopted)]);
  });

  test('the last one that ended before another is the newest success or failure of its environment', async () => {
    const { apps, deployments } = await create();
    const app = appRecord();
    const other = appRecord({ ownerId: app.ownerId });
    for (const each of [app, other]) await apps.insert(each);
    const failed = deploymentRecord(app, { status: 'failed' });
    const preview = deploymentRecord(app, { status: 'success', environment: 'preview', branch: 'next' });
    const canceled = deploymentRecord(app, { status: 'canceled' });
    const building = deploymentRecord(app, { status: 'building' });
    const theirs = deploymentRecord(other, { status: 'success' });
    const now = deploymentRecord(app, { status: 'success' });
    for (const record of [failed, preview, canceled, building, theirs, now])
      await deployments.project(record, 1);
    const asked = { appId: app.id, environment: 'production', before: now.createdAt } as const;
    expect(await deployments.lastEnded(asked)).toEqual(kept(failed));
    expect(await deployments.lastEnded({ ...asked, branch: 'main' })).toEqual(kept(failed));
    expect(await deployments.lastEnded({ ...asked, branch: 'next' })).toBeNull();
    expect(await deployments.lastEnded({ ...asked, environment: 'preview', branch: 'next' })).toEqual(
      kept(preview),
    );
    expect(await deployments.lastEnded({ ...asked, before: failed.createdAt })).toBeNull();
  });

  test('those that have not ended are narrowed by branch and by pull request', async () => {
    const { apps, deployments } = await create();
    const app = appRecord();
    await apps.insert(app);
    const queued = deploymentRecord(app);
    const ofPull = deploymentRecord(app, { status: 'building', branch: 'next', pullRequest: pullRequest(3) });
    const ended = deploymentRecord(app, { status: 'canceled', branch: 'next', pullRequest: pullRequest(3) });
    for (const record of [queued, ofPull, ended]) await deployments.project(record, 1);
    expect(await deployments.unendedOf(app.id, {})).toEqual([kept(ofPull), kept(queued)]);
    expect(await deployments.unendedOf(app.id, { branch: 'next' })).toEqual([kept(ofPull)]);
    expect(await deployments.unendedOf(app.id, { pullRequest: 3 })).toEqual([kept(ofPull)]);
    expect(await deployments.unendedOf(app.id, { branch: 'main', pullRequest: 3 })).toEqual([]);
    expect(await deployments.unendedOf(newObjectId(), {})).toEqual([]);
  });
}
