import { describe, expect, test } from 'vitest';
import type { DeploymentFilter, DeploymentRecord, KeptDeployment } from '../../metadata.ts';
import { placeOf } from '../../paging.ts';
import type { CreateBackend } from '../contract.ts';
import { anyHash, appRecord, deploymentRecord, kept } from '../sample-records.ts';

const PAGE = { limit: 30 };
const ENDED_AT = '2026-11-02T12:00:00.000Z';
const REMOVED_AT = '2026-11-20T12:00:00.000Z';
const LATER = '2027-01-01T00:00:00.000Z';

const artifacts: DeploymentRecord['artifacts'] = [
  { name: 'a.zip', size: 5, sha256: anyHash(), contentType: 'x/y', meta: {}, key: 'k' },
];

export function archiveContract(create: CreateBackend): void {
  async function withApp() {
    const { apps, deployments } = await create();
    const app = appRecord();
    await apps.insert(app);
    /** A deployment that has ended, with these parts of it removed. */
    const given = async (
      members: Partial<DeploymentRecord> = {},
      removed: readonly ('artifacts' | 'log')[] = ['artifacts', 'log'],
    ) => {
      const ended = { status: 'failed', artifacts, finishedAt: ENDED_AT } as const;
      const record = deploymentRecord(app, { ...ended, ...members });
      await deployments.project(record, 3);
      for (const part of removed) await deployments.markRemoved([record.id], part, REMOVED_AT);
      await deployments.markCleared([record.id]);
      return record;
    };
    const archivable = async () =>
      (await deployments.archivable(app.id, LATER, null, 100)).map(({ id }) => id);
    const archive = (...records: { id: string }[]) =>
      deployments.archive(
        app.id,
        records.map(({ id }) => ({ id, seq: 3 })),
      );
    return { apps, deployments, app, given, archivable, archive };
  }

  describe('may be archived', () => {
    test('what has nothing left, the first created first, page by page', async () => {
      const { deployments, app, given, archivable } = await withApp();
      const old = [
        await given(),
        await given({ artifacts: [] }, ['log']),
        await given({ status: 'canceled' }),
      ];
      await given();
      expect(await archivable()).toEqual(old.map(({ id }) => id));
      const first = await deployments.archivable(app.id, LATER, null, 2);
      expect(first).toEqual(old.slice(0, 2).map(placeOf));
      const rest = await deployments.archivable(app.id, LATER, first.at(-1) ?? null, 2);
      expect(rest).toEqual(old.slice(2).map(placeOf));
      expect(await deployments.archivable(app.id, old[1]?.createdAt ?? '', null, 9)).toEqual([first[0]]);
    });

    test('one that was skipped, which never had anything', async () => {
      const { given, archivable } = await withApp();
      const skipped = await given(
        { status: 'canceled', skipped: { reason: 'no change' }, artifacts: [] },
        [],
      );
      await given();
      expect(await archivable()).toEqual([skipped.id]);
    });

    test('nothing that can still be opened, read, pinned or promoted, and no release', async () => {
      const { apps, deployments, app, given, archivable, archive } = await withApp();
      const [previous, release, pinned] = [await given(), await given(), await given({ artifacts: [] }, [])];
      await apps.update(app.id, { release: previous.id });
      await apps.release(app.id, { deploymentId: release.id, at: ENDED_AT, detectedType: null });
      await deployments.pin(pinned.id, true);
      const all = [
        previous,
        release,
        pinned,
        await given({}, ['artifacts']),
        await given({}, ['log']),
        await given({ status: 'building', finishedAt: null, artifacts: [] }, ['log']),
        await given(),
      ];
      const leftover = await given({}, []);
      await deployments.markRemoved([leftover.id], 'artifacts', REMOVED_AT);
      await deployments.markRemoved([leftover.id], 'log', REMOVED_AT);
      const latest = await given();
      expect(await archivable()).toEqual(all.slice(-1).map(({ id }) => id));
      expect(await archive(...all.slice(0, -1), leftover, latest)).toBe(0);
      for (const { id } of [...all, leftover, latest])
        expect((await deployments.byId(id))?.archived).toBeUndefined();
    });

    test('nothing of another app', async () => {
      const { deployments, given, archive } = await withApp();
      const record = await given();
      await given();
      expect(await deployments.archive(appRecord().id, [{ id: record.id, seq: 3 }])).toBe(0);
      expect(await deployments.archivable(appRecord().id, LATER, null, 9)).toEqual([]);
      expect(await archive(record)).toBe(1);
    });
  });

  test('an archived one is archived once, and keeps its id, its place and its marks', async () => {
    const { deployments, given, archivable, archive } = await withApp();
    const record = await given();
    await given();
    expect(await archive(record)).toBe(1);
    expect(await archive(record)).toBe(0);
    expect(await archivable()).toEqual([]);
    const { id, appId, ownerId, app, number, status, environment, branch, createdAt, finishedAt } = record;
    expect(await deployments.byId(id)).toMatchObject({
      ...{ id, appId, ownerId, app, number, status, environment, branch, createdAt, finishedAt },
      archived: true,
      artifacts: [],
      artifactsRemovedAt: REMOVED_AT,
      logRemovedAt: REMOVED_AT,
    });
    expect(await deployments.pin(id, true)).toBe(false);
    expect(await deployments.markPromoted(id, ENDED_AT)).toBe(true);
    expect(await deployments.byId(id)).toMatchObject({ promotedAt: ENDED_AT, archived: true });
  });

  test('one whose record is older in storage is not archived', async () => {
    const { deployments, app, given } = await withApp();
    const record = await given();
    await given();
    expect(await deployments.archive(app.id, [{ id: record.id, seq: 2 }])).toBe(0);
    expect((await deployments.byId(record.id))?.archived).toBeUndefined();
  });

  test('lists, feeds and summaries are the same before and after', async () => {
    const { deployments, app, given, archive } = await withApp();
    const pullRequest = { number: 7, title: 'A', url: 'https://git.example/7', fork: true };
    const failure = { code: 'build_failed', message: 'Exit code 1', phase: null, hint: '' } as const;
    const old = [
      await given({
        branch: 'main',
        commitMessage: 'One line\n\nand more',
        creator: { kind: 'user', name: 'ada' },
      }),
      await given({ branch: 'main', failure }),
      await given({ branch: 'work', environment: 'preview', pullRequest }),
      await given({ status: 'canceled', uploadName: 'source.zip' }),
      await given({ status: 'canceled', skipped: { reason: 'no change' }, artifacts: [] }, []),
    ];
    await given();
    const { ownerId, id: appId } = app;
    const filters: DeploymentFilter[] = [
      { ownerId },
      { ownerId, appId },
      { ownerId, status: 'failed' },
      { ownerId, appId, branch: 'main' },
      { ownerId, environment: 'preview' },
      { ownerId, creator: 'ada' },
      { ownerId, appId, pullRequest: 7 },
      { ownerId, appId, skipped: 'only' },
      { ownerId, appId, skipped: 'exclude' },
    ];
    const ids = old.map(({ id }) => id);
    const all = async () => ({
      lists: await Promise.all(
        filters.map(async (filter) => {
          const { items, nextCursor } = await deployments.list(filter, { limit: 2 });
          const next =
            nextCursor === null ? null : await deployments.list(filter, { limit: 9, cursor: nextCursor });
          return [items, next?.items].map((some) => some?.map(({ id }: KeptDeployment) => id));
        }),
      ),
      ended: await deployments.ended(ownerId, null, 30),
      summaries: (await deployments.summaries(ownerId, ids)).sort((a, b) => (a.id < b.id ? -1 : 1)),
      last: (await deployments.lastEnded({ appId, environment: 'preview', before: LATER }))?.id,
      ids: (await deployments.idsOf(appId, 30)).sort(),
      content: await deployments.withContent(appId, PAGE),
    });
    const before = await all();
    expect(await archive(...old)).toBe(old.length);
    expect(await all()).toEqual(before);
  });

  test('an event that comes later brings the whole record back', async () => {
    const { deployments, given, archive, archivable } = await withApp();
    const record = await given();
    await given();
    await archive(record);
    expect(await deployments.project(record, 3)).toBe(false);
    expect(await deployments.byId(record.id)).toMatchObject({ archived: true });
    const pullRequest = { number: 7, title: 'A', url: 'https://git.example/7', fork: false };
    expect(await deployments.project({ ...record, pullRequest }, 4)).toBe(true);
    expect(await deployments.byId(record.id)).toEqual(
      kept({ ...record, pullRequest }, { artifactsRemovedAt: REMOVED_AT, logRemovedAt: REMOVED_AT }),
    );
    expect(await archivable()).toEqual([record.id]);
  });

  test('it goes with its app', async () => {
    const { apps, deployments, app, given, archive } = await withApp();
    const record = await given();
    await given();
    await archive(record);
    await deployments.delete([record.id]);
    expect(await deployments.byId(record.id)).toBeNull();
    const other = await given();
    await given();
    await archive(other);
    await apps.delete(app.id);
    expect(await deployments.byId(other.id)).toBeNull();
  });
}
