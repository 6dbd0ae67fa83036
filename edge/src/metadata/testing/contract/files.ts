import { expect, test } from 'vitest';
import type { SealedFile } from '../../metadata.ts';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { appRecord } from '../sample-records.ts';

const file = (members: Partial<SealedFile> = {}): SealedFile => ({
  size: 2048,
  environments: ['production', 'preview'],
  sealed: 'v1.x',
  ...members,
});

export function fileContract(create: CreateBackend): void {
  test('a file comes back sealed as it was, and in lists without its content', async () => {
    const { apps, files } = await create();
    const app = appRecord();
    await apps.insert(app);
    await files.set(app.id, 'KEYSTORE', file({ environments: ['production'] }));
    expect(await files.sealed(app.id)).toEqual({ KEYSTORE: file({ environments: ['production'] }) });
    expect(await files.list([app.id])).toEqual(
      new Map([[app.id, [{ name: 'KEYSTORE', size: 2048, environments: ['production'] }]]]),
    );
  });

  test('a file of the same name takes the place of the older one; names differ by case', async () => {
    const { apps, files } = await create();
    const app = appRecord();
    await apps.insert(app);
    await files.set(app.id, 'KEYSTORE', file());
    await files.set(app.id, 'keystore', file({ sealed: 'v1.lower' }));
    await files.set(app.id, 'KEYSTORE', file({ size: 5, sealed: 'v1.y' }));
    expect(await files.sealed(app.id)).toEqual({
      KEYSTORE: file({ size: 5, sealed: 'v1.y' }),
      keystore: file({ sealed: 'v1.lower' }),
    });
  });

  test('lists are by name, of each app that is asked for and of no other', async () => {
    const { apps, files } = await create();
    const [first, second, other] = [appRecord(), appRecord(), appRecord()];
    for (const app of [first, second, other]) await apps.insert(app);
    await files.set(first.id, 'B', file());
    await files.set(first.id, 'A', file());
    await files.set(other.id, 'C', file());
    const listed = await files.list([first.id, second.id]);
    expect([...listed].map(([id, found]) => [id, found.map(({ name }) => name)])).toEqual([
      [first.id, ['A', 'B']],
      [second.id, []],
    ]);
    expect(await files.list([])).toEqual(new Map());
  });

  test('a file is deleted once, and with its app', async () => {
    const { apps, files } = await create();
    const app = appRecord();
    await apps.insert(app);
    await files.set(app.id, 'KEYSTORE', file());
    await files.set(app.id, 'CERTIFICATE', file());
    expect(await files.delete(app.id, 'KEYSTORE')).toBe(true);
    expect(await files.delete(app.id, 'KEYSTORE')).toBe(false);
    expect(Object.keys(await files.sealed(app.id))).toEqual(['CERTIFICATE']);
    await apps.delete(app.id);
    expect(await files.sealed(app.id)).toEqual({});
  });

  test('a file is resealed only in place of its old content', async () => {
    const { apps, files } = await create();
    const app = appRecord();
    await apps.insert(app);
    await files.set(app.id, 'KEYSTORE', file());
    expect(await files.reseal(app.id, 'KEYSTORE', 'other', 'v1.z')).toBe(false);
    expect(await files.reseal(app.id, 'OTHER', 'v1.x', 'v1.z')).toBe(false);
    expect(await files.reseal(app.id, 'KEYSTORE', 'v1.x', 'v1.z')).toBe(true);
    expect(await files.sealed(app.id)).toEqual({ KEYSTORE: file({ sealed: 'v1.z' }) });
  });

  test('an app that is not there gets none', async () => {
    const { files } = await create();
    const id = newObjectId();
    await files.set(id, 'KEYSTORE', file());
    expect(await files.sealed(id)).toEqual({});
  });
}
