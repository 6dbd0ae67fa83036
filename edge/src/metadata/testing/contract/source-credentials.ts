import { expect, test } from 'vitest';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { appRecord } from '../sample-records.ts';

export function sourceCredentialContract(create: CreateBackend): void {
  const withApp = async () => {
    const { apps, sourceCredentials } = await create();
    const app = appRecord();
    await apps.insert(app);
    return { apps, sourceCredentials, app };
  };

  test('an app has one at most; the newest one counts', async () => {
    const { sourceCredentials, apps, app } = await withApp();
    const other = appRecord();
    await apps.insert(other);
    expect(await sourceCredentials.get(app.id)).toBeNull();
    await sourceCredentials.set(app.id, 'v1.one');
    await sourceCredentials.set(app.id, 'v1.two');
    expect(await sourceCredentials.get(app.id)).toBe('v1.two');
    expect(await sourceCredentials.get(other.id)).toBeNull();
    expect(await sourceCredentials.delete(other.id)).toBe(false);
    expect(await sourceCredentials.delete(app.id)).toBe(true);
    expect(await sourceCredentials.delete(app.id)).toBe(false);
    expect(await sourceCredentials.get(app.id)).toBeNull();
  });

  test('one that was replaced meanwhile is not resealed', async () => {
    const { sourceCredentials, app } = await withApp();
    await sourceCredentials.set(app.id, 'v1.one');
    expect(await sourceCredentials.reseal(app.id, 'v1.other', 'v1.again')).toBe(false);
    expect(await sourceCredentials.reseal(app.id, 'v1.one', 'v1.again')).toBe(true);
    expect(await sourceCredentials.get(app.id)).toBe('v1.again');
  });

  test('goes with its app, and an app that is gone gets none', async () => {
    const { sourceCredentials, apps, app } = await withApp();
    await sourceCredentials.set(app.id, 'v1.one');
    await apps.delete(app.id);
    expect(await sourceCredentials.get(app.id)).toBeNull();
    await sourceCredentials.set(app.id, 'v1.two');
    await sourceCredentials.set(newObjectId(), 'v1.three');
    expect(await sourceCredentials.get(app.id)).toBeNull();
  });
}
