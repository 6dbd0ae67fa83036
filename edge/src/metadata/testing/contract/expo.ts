import { expect, test } from 'vitest';
import type { ExpoKeyRecord, ExpoRow } from '../../expo.ts';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { appRecord } from '../sample-records.ts';

const row = (appId: string, members: Partial<ExpoRow> = {}): ExpoRow => ({
  id: newObjectId(),
  appId,
  channel: 'production',
  platform: 'android',
  runtimeVersion: '1.0.0',
  deploymentId: newObjectId(),
  deploymentCreatedAt: '2026-11-29T11:00:00.000Z',
  createdAt: '2026-11-29T12:00:00.000Z',
  ...members,
});

const key = (members: Partial<ExpoKeyRecord> = {}): ExpoKeyRecord => ({
  keyId: 'main',
  certificate: '-----BEGIN CERTIFICATE-----',
  expiresAt: '2036-11-29T12:00:00.000Z',
  sealed: 'v1.x',
  createdAt: '2026-11-29T12:00:00.000Z',
  ...members,
});

export function expoContract(create: CreateBackend): void {
  const withApp = async () => {
    const { apps, expo } = await create();
    const app = appRecord();
    await apps.insert(app);
    return { apps, expo, app };
  };

  test('the newest change of a feed is its own, by platform, runtime version, channel and app', async () => {
    const { expo, apps, app } = await withApp();
    const other = appRecord();
    await apps.insert(other);
    const feed = {
      appId: app.id,
      channel: 'production',
      platform: 'android',
      runtimeVersion: '1.0.0',
    } as const;
    expect(await expo.newest(feed)).toBeNull();
    const older = row(app.id);
    const newer = row(app.id, {
      createdAt: '2026-11-29T12:00:00.001Z',
      deploymentId: null,
      deploymentCreatedAt: null,
    });
    const later = '2026-11-29T13:00:00.000Z';
    await expo.record([
      newer,
      older,
      row(app.id, { platform: 'ios', createdAt: later }),
      row(app.id, { runtimeVersion: '1.0', createdAt: later }),
      row(app.id, { channel: 'preview', createdAt: later }),
      row(other.id, { createdAt: later }),
    ]);
    expect(await expo.newest(feed)).toEqual(newer);
    expect(await expo.history(app.id, 'production', 10)).toHaveLength(4);
    expect((await expo.history(app.id, 'production', 4)).slice(-2)).toEqual([newer, older]);
    expect(await expo.history(app.id, 'production', 1)).toHaveLength(1);
  });

  test('a change that is there already stays as it is', async () => {
    const { expo, app } = await withApp();
    const first = row(app.id);
    await expo.record([first]);
    await expo.record([{ ...first, deploymentId: null }, row(app.id, { platform: 'ios' })]);
    await expo.record([]);
    expect(await expo.history(app.id, 'production', 10)).toHaveLength(2);
    expect(await expo.newest(first)).toEqual(first);
  });

  test('a key is replaced, resealed if it is still the same, and deleted once', async () => {
    const { expo, app } = await withApp();
    expect(await expo.signingKey(app.id)).toBeNull();
    expect(await expo.deleteSigningKey(app.id)).toBe(false);
    await expo.setSigningKey(app.id, key());
    expect(await expo.signingKey(app.id)).toEqual(key());
    await expo.setSigningKey(app.id, key({ keyId: 'root', sealed: 'v1.y' }));
    expect(await expo.reseal(app.id, 'v1.x', 'v1.z')).toBe(false);
    expect(await expo.reseal(app.id, 'v1.y', 'v1.z')).toBe(true);
    expect(await expo.signingKey(app.id)).toEqual(key({ keyId: 'root', sealed: 'v1.z' }));
    expect(await expo.deleteSigningKey(app.id)).toBe(true);
    expect(await expo.signingKey(app.id)).toBeNull();
  });

  test('both go with their app, and none is kept for an app that is gone', async () => {
    const { expo, apps, app } = await withApp();
    await expo.record([row(app.id)]);
    await expo.setSigningKey(app.id, key());
    await apps.delete(app.id);
    expect(await expo.history(app.id, 'production', 10)).toEqual([]);
    expect(await expo.signingKey(app.id)).toBeNull();
    await expo.record([row(app.id)]);
    await expo.setSigningKey(app.id, key());
    expect(await expo.history(app.id, 'production', 10)).toEqual([]);
    expect(await expo.signingKey(app.id)).toBeNull();
  });
}
