import { expect, test } from 'vitest';
import { type AppRecord, contentOf, type DeploymentRecord, type UploadRecord } from '../../metadata.ts';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { anyHash, appRecord, byId, deploymentRecord, kept, uploadRecord } from '../sample-records.ts';

const PAGE = { limit: 30 };
const AT = '2026-11-20T12:00:00.000Z';

const artifacts: DeploymentRecord['artifacts'] = [
  { name: 'a.zip', size: 5, sha256: anyHash(), contentType: 'x/y', meta: {}, key: 'k' },
];
const ended = (app: AppRecord, members: Partial<DeploymentRecord> = {}) =>
  deploymentRecord(app, { status: 'success', artifacts, finishedAt: AT, ...members });

export function retentionContract(create: CreateBackend): void {
  async function withApp() {
    const { apps, deployments, uploads } = await create();
    const app = appRecord();
    await apps.insert(app);
    const given = async (members: Partial<DeploymentRecord> = {}) => {
      const record = ended(app, members);
      await deployments.project(record, 1);
      return record;
    };
    return { apps, deployments, uploads, app, given };
  }

  test('an app’s retention comes back as it was set', async () => {
    const { apps, app } = await withApp();
    const retention = { artifacts: { keepLast: 3, days: 7 }, logs: null };
    expect(await apps.update(app.id, { retention })).toEqual({ ...app, retention });
    expect(await apps.byId(app.id)).toEqual({ ...app, retention });
  });

  test('a deployment is pinned and unpinned, and one that is not there is not', async () => {
    const { deployments, given } = await withApp();
    const record = await given();
    expect(await deployments.pin(record.id, true)).toBe(true);
    expect(await deployments.byId(record.id)).toEqual(kept(record, { pinned: true }));
    expect(await deployments.pin(record.id, true)).toBe(true);
    expect(await deployments.pin(record.id, false)).toBe(true);
    expect(await deployments.byId(record.id)).toEqual(kept(record));
    expect(await deployments.pin(newObjectId(), true)).toBe(false);
  });

  test('a part is marked as removed once, and storage as holding leftovers until it is cleared', async () => {
    const { deployments, given } = await withApp();
    const record = await given();
    expect(await deployments.markRemoved([record.id], 'artifacts', AT)).toEqual([record.id]);
    expect(await deployments.markRemoved([record.id], 'artifacts', '2026-11-21T12:00:00.000Z')).toEqual([]);
    expect(await deployments.byId(record.id)).toEqual(
      kept(record, { artifactsRemovedAt: AT, leftovers: true }),
    );
    await deployments.markCleared([record.id]);
    expect(await deployments.markRemoved([record.id], 'log', AT)).toEqual([record.id]);
    await deployments.markCleared([record.id]);
    expect(await deployments.byId(record.id)).toEqual(
      kept(record, { artifactsRemovedAt: AT, logRemovedAt: AT }),
    );
    expect(await deployments.markRemoved([newObjectId()], 'log', AT)).toEqual([]);
  });

  test('a mark can be taken back', async () => {
    const { deployments, given } = await withApp();
    const record = await given();
    await deployments.markRemoved([record.id], 'artifacts', AT);
    await deployments.unmarkRemoved(record.id, 'artifacts');
    await deployments.markCleared([record.id]);
    expect(await deployments.byId(record.id)).toEqual(kept(record));
  });

  test('what is pinned is not marked, and what has lost its artifacts is not pinned', async () => {
    const { deployments, given } = await withApp();
    const [pinned, gone] = [await given(), await given()];
    await deployments.pin(pinned.id, true);
    for (const part of ['artifacts', 'log'] as const)
      expect(await deployments.markRemoved([pinned.id], part, AT)).toEqual([]);
    await deployments.markRemoved([gone.id], 'artifacts', AT);
    expect(await deployments.pin(gone.id, true)).toBe(false);
    expect(await deployments.pin(gone.id, false)).toBe(true);
  });

  test('of pinning and removing at the same time exactly one happens', async () => {
    const { deployments, given } = await withApp();
    for (let round = 0; round < 5; round++) {
      const { id } = await given();
      const [pinned, removed] = await Promise.all([
        deployments.pin(id, true),
        deployments.markRemoved([id], 'artifacts', AT),
      ]);
      expect(removed).toEqual(pinned ? [] : [id]);
    }
  });

  test('an event that arrives late or again leaves all marks as they are', async () => {
    const { deployments, given } = await withApp();
    const [pinned, removed] = [await given(), await given()];
    await deployments.pin(pinned.id, true);
    await deployments.markRemoved([removed.id], 'artifacts', AT);
    await deployments.markRemoved([removed.id], 'log', AT);
    for (const record of [pinned, removed]) {
      await deployments.project({ ...record, logKey: 'log' }, 2);
      await deployments.project(record, 1);
    }
    expect(await deployments.byId(pinned.id)).toEqual(kept({ ...pinned, logKey: 'log' }, { pinned: true }));
    expect(await deployments.byId(removed.id)).toEqual(
      kept({ ...removed, logKey: 'log' }, { artifactsRemovedAt: AT, logRemovedAt: AT, leftovers: true }),
    );
    const { items } = await deployments.list({ ownerId: pinned.ownerId }, PAGE);
    expect(items.map(({ id }) => id)).toEqual([removed.id, pinned.id]);
    expect(items[1]).toMatchObject({ pinned: true });
  });

  test('with content are those that have a part left or left something, newest first and paged', async () => {
    const { apps, deployments, app, given } = await withApp();
    const other = appRecord();
    await apps.insert(other);
    await deployments.project(ended(other), 1);
    const whole = await given();
    const onlyArtifacts = await given();
    const nothing = await given();
    const delivered = await given({ artifacts: [], status: 'failed' });
    const leftovers = await given();
    for (const { id } of [onlyArtifacts, nothing, delivered, leftovers])
      await deployments.markRemoved([id], 'log', AT);
    for (const { id } of [nothing, leftovers]) await deployments.markRemoved([id], 'artifacts', AT);
    for (const { id } of [onlyArtifacts, nothing, delivered]) await deployments.markCleared([id]);

    const { items } = await deployments.withContent(app.id, PAGE);
    expect(items.map(({ id }) => id)).toEqual([leftovers.id, onlyArtifacts.id, whole.id]);
    expect(items[2]).toEqual(contentOf(kept(whole)));
    expect(items[0]).toEqual(
      contentOf(kept(leftovers, { artifactsRemovedAt: AT, logRemovedAt: AT, leftovers: true })),
    );
    const first = await deployments.withContent(app.id, { limit: 2 });
    expect(first.items.map(({ id }) => id)).toEqual([leftovers.id, onlyArtifacts.id]);
    const second = await deployments.withContent(app.id, { limit: 2, cursor: first.nextCursor ?? '' });
    expect(second.items.map(({ id }) => id)).toEqual([whole.id]);
    expect(second.nextCursor).toBeNull();
  });

  test('who was built from an upload is found, in whatever app, until nothing of it is left', async () => {
    const { apps, deployments, given } = await withApp();
    const other = appRecord();
    await apps.insert(other);
    const [uploadId, another] = [newObjectId(), newObjectId()];
    const first = await given({ uploadId });
    const elsewhere = ended(other, { uploadId });
    await deployments.project(elsewhere, 1);
    const third = await given({ uploadId: another });
    await given();
    const idsOf = async (...uploadIds: string[]) =>
      (await deployments.builtFrom(uploadIds, null, 50)).map(({ id }) => id);
    expect(await idsOf(uploadId)).toEqual([first.id, elsewhere.id].sort());
    expect(await idsOf(uploadId, another)).toEqual([first.id, elsewhere.id, third.id].sort());
    expect(await idsOf(newObjectId())).toEqual([]);
    const all = [first.id, elsewhere.id, third.id].sort();
    const page = await deployments.builtFrom([uploadId, another], null, 2);
    expect(page.map(({ id }) => id)).toEqual(all.slice(0, 2));
    expect((await deployments.builtFrom([uploadId, another], all[1] ?? '', 2)).map(({ id }) => id)).toEqual(
      all.slice(2),
    );
    expect(page).toContainEqual(
      contentOf(kept([first, elsewhere, third].find(({ id }) => id === all[0]) ?? first)),
    );
    for (const part of ['artifacts', 'log'] as const) await deployments.markRemoved([first.id], part, AT);
    await deployments.markCleared([first.id]);
    expect(await idsOf(uploadId)).toEqual([elsewhere.id]);
  });

  test('a complete upload that was not used since is given up, and then it is an abandoned one', async () => {
    const { uploads } = await create();
    const [early, later] = ['2026-11-10T00:00:00.000Z', '2026-11-19T00:00:00.000Z'];
    const [old, older] = [0, 1].map(() => uploadRecord({ completed: true, usedAt: early })).sort(byId) as [
      UploadRecord,
      UploadRecord,
    ];
    const recent = uploadRecord({ completed: true, usedAt: later });
    const begun = uploadRecord({ usedAt: early });
    const unknown = uploadRecord({ completed: true, usedAt: null });
    for (const upload of [old, older, recent, begun, unknown]) await uploads.insert(upload);
    const before = '2026-11-15T00:00:00.000Z';
    expect(await uploads.unused(null, before, 10)).toEqual([old, older]);
    expect(await uploads.unused(null, before, 1)).toEqual([old]);
    expect(await uploads.unused(old.id, before, 10)).toEqual([older]);

    expect(await uploads.touch(older.id, later)).toBe(true);
    for (const { id } of [older, recent, begun, unknown])
      expect(await uploads.giveUp(id, before)).toBe(false);
    expect(await uploads.giveUp(old.id, before)).toBe(true);
    expect(await uploads.byId(old.id)).toEqual({ ...old, completed: false });
    expect(await uploads.touch(old.id, later)).toBe(false);
    expect(await uploads.touch(newObjectId(), later)).toBe(false);
    expect((await uploads.abandoned(AT)).map(({ id }) => id)).toContain(old.id);
  });
}
