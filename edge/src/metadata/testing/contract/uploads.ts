import { expect, test } from 'vitest';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { anyHash, uploadRecord } from '../sample-records.ts';

export function uploadContract(create: CreateBackend): void {
  test('an upload comes back as it was put in, until it is deleted', async () => {
    const { uploads } = await create();
    const plain = uploadRecord();
    const multipart = uploadRecord({ multipartId: 'abc', sha256: anyHash(), size: 2 ** 31 });
    await uploads.insert(plain);
    await uploads.insert(multipart);
    expect(await uploads.byId(plain.id)).toEqual(plain);
    expect(await uploads.byId(multipart.id)).toEqual(multipart);
    await uploads.delete([]);
    await uploads.delete([plain.id, newObjectId()]);
    await uploads.delete([plain.id]);
    expect(await uploads.byId(multipart.id)).toEqual(multipart);
    expect(await uploads.byId(plain.id)).toBeNull();
    expect(await uploads.byId(newObjectId())).toBeNull();
  });

  test('uploads that were begun are counted by owner until they are completed', async () => {
    const { uploads } = await create();
    const ownerId = crypto.randomUUID();
    const [first, second, foreign] = [uploadRecord({ ownerId }), uploadRecord({ ownerId }), uploadRecord()];
    for (const upload of [first, second, foreign]) await uploads.insert(upload);
    expect(await uploads.countBegun(ownerId)).toBe(2);
    await uploads.complete(first.id, { key: first.key, sha256: anyHash() });
    expect(await uploads.countBegun(ownerId)).toBe(1);
    expect(await uploads.countBegun(crypto.randomUUID())).toBe(0);
  });

  test('a completed upload says so, where its bytes are, and which', async () => {
    const { uploads } = await create();
    const upload = uploadRecord();
    await uploads.insert(upload);
    const kept = { key: 'uploads/kept.zip', sha256: anyHash() };
    await uploads.complete(upload.id, kept);
    expect(await uploads.byId(upload.id)).toEqual({ ...upload, ...kept, completed: true });
  });

  test('an upload knows the apps that were deployed from it, each once', async () => {
    const { uploads } = await create();
    const at = '2026-11-05T00:00:00.000Z';
    const upload = uploadRecord({ completed: true, usedAt: at });
    const other = uploadRecord({ ownerId: upload.ownerId });
    const theirs = uploadRecord({ completed: true });
    const begun = uploadRecord({ ownerId: upload.ownerId });
    for (const record of [{ ...upload, usedAt: null }, other, theirs, begun]) await uploads.insert(record);
    const [first, second] = [newObjectId(), newObjectId()];
    for (const appId of [first, second, first]) expect(await uploads.use(upload.id, appId, at)).toBe(true);
    expect(await uploads.use(theirs.id, first, at)).toBe(true);
    for (const id of [begun.id, newObjectId()]) expect(await uploads.use(id, first, at)).toBe(false);
    expect(await uploads.byId(begun.id)).toEqual(begun);
    const used = { ...upload, appIds: [first, second] };
    expect(await uploads.byId(upload.id)).toEqual(used);
    expect(await uploads.list(upload.ownerId, second)).toEqual([used]);
    const ids = (await uploads.list(upload.ownerId)).map(({ id }) => id);
    expect(ids.sort()).toEqual([upload.id, other.id, begun.id].sort());
    await uploads.unuse([upload.id, newObjectId()], first);
    expect(await uploads.byId(upload.id)).toEqual({ ...upload, appIds: [second] });
    expect(await uploads.list(upload.ownerId, first)).toEqual([]);
    await uploads.unuse([upload.id], second);
    expect(await uploads.byId(upload.id)).toEqual(upload);
  });

  test('abandoned uploads are those begun earlier and never completed, oldest first', async () => {
    const { uploads } = await create();
    const old = uploadRecord({ createdAt: '2026-11-01T00:00:00.000Z' });
    const older = uploadRecord({ createdAt: '2026-10-31T00:00:00.000Z' });
    const completed = uploadRecord({ createdAt: '2026-10-31T00:00:00.000Z' });
    const recent = uploadRecord({ createdAt: '2026-11-02T00:00:00.000Z' });
    for (const upload of [old, older, completed, recent]) await uploads.insert(upload);
    await uploads.complete(completed.id, { key: completed.key, sha256: anyHash() });
    expect(await uploads.abandoned('2026-11-02T00:00:00.000Z')).toEqual([older, old]);
  });

  test('abandoned uploads come at most 100 at a time', async () => {
    const { uploads } = await create();
    await Promise.all(Array.from({ length: 101 }, () => uploads.insert(uploadRecord())));
    expect(await uploads.abandoned('2027-01-01T00:00:00.000Z')).toHaveLength(100);
  });
}
