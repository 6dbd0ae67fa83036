import { expect, test } from 'vitest';
import type { DeploymentRecord, Metadata } from '../../metadata.ts';
import { newObjectId } from '../../object-id.ts';
import type { Place } from '../../paging.ts';
import type { CreateBackend } from '../contract.ts';
import { appRecord, deploymentRecord } from '../sample-records.ts';

const PAGE = { limit: 30 };
const ADA = { kind: 'user', name: 'ada@harbor.example' } as const;

async function withApps({ apps, deployments }: Metadata) {
  const harbor = appRecord();
  const tide = appRecord({ ownerId: harbor.ownerId });
  const theirs = appRecord();
  for (const app of [harbor, tide, theirs]) await apps.insert(app);
  const project = async (app: typeof harbor, members: Partial<DeploymentRecord> = {}) => {
    const record = deploymentRecord(app, members);
    await deployments.project(record, 1);
    return record;
  };
  return { harbor, tide, theirs, project, ownerId: harbor.ownerId };
}

export function deploymentListContract(create: CreateBackend): void {
  test('deployments are found by who created them, of a team and of an app', async () => {
    const metadata = await create();
    const { harbor, tide, theirs, project, ownerId } = await withApps(metadata);
    const a = await project(harbor, { creator: ADA, environment: 'preview', branch: 'next' });
    const b = await project(tide, { creator: ADA, status: 'failed' });
    const c = await project(tide, { creator: { kind: 'github', name: 'ada' } });
    await project(harbor);
    await project(theirs, { creator: ADA });
    const found = async (filter: Partial<Parameters<typeof metadata.deployments.list>[0]>) =>
      (await metadata.deployments.list({ ownerId, ...filter }, PAGE)).items.map(({ id }) => id);
    expect(await found({ creator: ADA.name })).toEqual([b.id, a.id]);
    expect(await found({ creator: 'ada' })).toEqual([c.id]);
    expect(await found({ creator: 'Ada@Harbor.example' })).toEqual([]);
    expect(await found({ creator: ADA.name, appId: harbor.id })).toEqual([a.id]);
    expect(await found({ creator: ADA.name, status: 'failed' })).toEqual([b.id]);
    expect(await found({ creator: ADA.name, environment: 'preview', branch: 'next' })).toEqual([a.id]);
    expect(await found({ branch: 'next' })).toEqual([a.id]);
    expect(await found({ creator: ADA.name, appId: theirs.id })).toEqual([]);
  });

  test('deployments that ended are given by their end, the last one first, without skipped ones', async () => {
    const metadata = await create();
    const { harbor, tide, theirs, project, ownerId } = await withApps(metadata);
    const ended = (second: number) => ({ finishedAt: `2026-11-02T12:00:0${second}.000Z` });
    const slow = await project(harbor, { status: 'success', ...ended(9), creator: ADA, number: 7 });
    const quick = await project(tide, {
      status: 'failed',
      ...ended(4),
      commitMessage: 'Fix the tides\n\nAt last.',
      failure: { code: 'build_failed', message: 'exit 1', phase: 'building', hint: 'Look at the log' },
    });
    const same = await project(tide, { status: 'canceled', ...ended(4) });
    await project(tide, { status: 'canceled', ...ended(5), skipped: { reason: 'Nothing changed' } });
    await project(tide, { status: 'building' });
    await project(theirs, { status: 'success', ...ended(5) });

    const { deployments } = metadata;
    const tied = [quick.id, same.id].sort().reverse();
    const all = await deployments.ended(ownerId, null, 10);
    expect(all.map(({ id }) => id)).toEqual([slow.id, ...tied]);
    expect(all.find(({ id }) => id === quick.id)).toEqual({
      id: quick.id,
      app: { slug: tide.slug, name: tide.name },
      number: 1,
      status: 'failed',
      environment: 'production',
      branch: 'main',
      commitMessage: 'Fix the tides',
      uploadName: null,
      creator: null,
      finishedAt: quick.finishedAt,
      reason: 'exit 1',
    });
    expect(all[0]).toMatchObject({ creator: ADA, number: 7, reason: null, commitMessage: null });

    const walked: string[] = [];
    let after: Place | null = null;
    for (;;) {
      const [next] = await deployments.ended(ownerId, after, 1);
      if (next === undefined) break;
      walked.push(next.id);
      after = { at: next.finishedAt ?? '', id: next.id };
    }
    expect(walked).toEqual([slow.id, ...tied]);
  });

  test('a deployment is among those that ended as soon as its end is projected', async () => {
    const metadata = await create();
    const { harbor, project, ownerId } = await withApps(metadata);
    const { deployments } = metadata;
    const record = await project(harbor, { status: 'building' });
    expect(await deployments.ended(ownerId, null, 10)).toEqual([]);
    const finishedAt = '2026-11-02T12:00:00.000Z';
    await deployments.project({ ...record, status: 'success', finishedAt }, 2);
    expect(await deployments.ended(ownerId, null, 10)).toMatchObject([{ id: record.id, finishedAt }]);
  });

  test('summaries are given of a team’s own deployments', async () => {
    const metadata = await create();
    const { harbor, theirs, project, ownerId } = await withApps(metadata);
    const [mine, other] = [await project(harbor, { creator: ADA }), await project(theirs)];
    const { deployments } = metadata;
    const found = await deployments.summaries(ownerId, [mine.id, other.id, newObjectId()]);
    expect(found).toMatchObject([{ id: mine.id, creator: ADA, status: 'queued', finishedAt: null }]);
    expect(await deployments.summaries(ownerId, [])).toEqual([]);
  });

  test('the releases of several apps are given together', async () => {
    const metadata = await create();
    const { harbor, tide, theirs, project } = await withApps(metadata);
    const a = await project(harbor, { status: 'success' });
    const b = await project(theirs, { status: 'success' });
    const { apps } = metadata;
    expect((await apps.releases([harbor.id, tide.id, theirs.id, newObjectId()])).sort()).toEqual(
      [a.id, b.id].sort(),
    );
    expect(await apps.releases([])).toEqual([]);
  });

  test('a release that replaces another one than was expected changes nothing', async () => {
    const metadata = await create();
    const { harbor, project } = await withApps(metadata);
    const { apps } = metadata;
    const first = await project(harbor, { status: 'success' });
    const second = await project(harbor, { status: 'success' });
    const to = (deploymentId: string, from?: string | null) =>
      apps.release(harbor.id, { deploymentId, from, at: '2026-11-03T12:00:00.000Z', detectedType: null });
    expect((await to(first.id, first.id))?.release).toBe(second.id);
    expect((await to(first.id, null))?.release).toBe(second.id);
    expect(await apps.byId(harbor.id)).toMatchObject({ release: second.id, previousRelease: first.id });
    expect(await to(first.id, second.id)).toMatchObject({ release: first.id, previousRelease: second.id });
    expect((await to(second.id))?.release).toBe(second.id);
    await apps.update(harbor.id, { release: null });
    expect((await to(first.id, second.id))?.release).toBe(null);
    expect((await to(first.id, null))?.release).toBe(first.id);
    const gone = { deploymentId: first.id, from: null, at: '2026-11-03T12:00:00.000Z', detectedType: null };
    expect(await apps.release(newObjectId(), gone)).toBeNull();
  });
}
