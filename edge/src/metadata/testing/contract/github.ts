import { expect, test } from 'vitest';
import type { GithubAppRecord, InstallationFacts } from '../../github.ts';
import type { CreateBackend } from '../contract.ts';

const app = (members: Partial<GithubAppRecord> = {}): GithubAppRecord => ({
  host: 'github.com',
  appId: '1234',
  slug: 'appflux-example',
  name: 'AppFlux example',
  clientId: 'Iv1.8a61f9b3a7aba766',
  htmlUrl: 'https://github.com/apps/appflux-example',
  account: 'octo-org',
  sealed: 'v1.x',
  createdAt: '2026-11-29T12:00:00.000Z',
  ...members,
});

const installation = (members: Partial<InstallationFacts> = {}): InstallationFacts => ({
  id: 'github.com:1',
  host: 'github.com',
  accountId: '100',
  account: 'octo-org',
  accountType: 'Organization',
  selection: 'selected',
  htmlUrl: 'https://github.com/organizations/octo-org/settings/installations/1',
  suspendedAt: null,
  createdAt: '2026-11-29T12:00:00.000Z',
  ...members,
});

const TEAM = '0e2f8a64-9f5c-4a8b-8f0d-1f2e3d4c5b6a';
const OTHER = '7b1d9c2e-3f4a-4b5c-8d6e-9f0a1b2c3d4e';

export function githubContract(create: CreateBackend): void {
  test('the first App of a GitHub stays until it is deleted, and is resealed if it is still the same', async () => {
    const { github } = await create();
    expect(await github.app('github.com')).toBeNull();
    expect(await github.keepApp(app())).toEqual(app());
    expect(await github.keepApp(app({ appId: '99', sealed: 'v1.y' }))).toEqual(app());
    const enterprise = app({ host: 'github.example.com', appId: '2', account: null });
    expect(await github.keepApp(enterprise)).toEqual(enterprise);
    expect(await github.githubApps()).toEqual([app(), enterprise]);
    expect(await github.resealApp('github.com', 'v1.y', 'v1.z')).toBe(false);
    expect(await github.resealApp('github.com', 'v1.x', 'v1.z')).toBe(true);
    expect(await github.app('github.com')).toEqual(app({ sealed: 'v1.z' }));
    expect(await github.deleteApp('github.com', '99')).toBe(false);
    expect(await github.deleteApp('github.com', '1234')).toBe(true);
    expect(await github.app('github.com')).toBeNull();
    expect(await github.app('github.example.com')).toEqual(enterprise);
  });

  test('an installation belongs to the first team that connects it, until that lets go of it', async () => {
    const { github } = await create();
    expect(await github.bindInstallation('github.com:1', TEAM)).toBeNull();
    expect(await github.keepInstallation(installation())).toEqual({ ...installation(), ownerId: null });
    const bound = { ...installation(), ownerId: TEAM };
    expect(await github.bindInstallation('github.com:1', TEAM)).toEqual(bound);
    expect(await github.bindInstallation('github.com:1', TEAM)).toEqual(bound);
    expect(await github.bindInstallation('github.com:1', OTHER)).toBeNull();
    expect(await github.installations(OTHER)).toEqual([]);
    expect(await github.installations(TEAM)).toEqual([bound]);
    expect(await github.unbindInstallation('github.com:1', OTHER)).toBe(false);
    expect(await github.unbindInstallation('github.com:1', TEAM)).toBe(true);
    expect(await github.installations(TEAM)).toEqual([]);
    expect(await github.bindInstallation('github.com:1', OTHER)).toMatchObject({ ownerId: OTHER });
    await github.unbindAll(OTHER);
    expect(await github.installation('github.com:1')).toMatchObject({ ownerId: null });
  });

  test('what GitHub says of an installation changes everything but its team and its beginning', async () => {
    const { github } = await create();
    await github.keepInstallation(installation());
    await github.bindInstallation('github.com:1', TEAM);
    const renamed = installation({
      account: 'octo-renamed',
      selection: 'all',
      suspendedAt: '2026-11-30T12:00:00.000Z',
      createdAt: '2026-12-01T12:00:00.000Z',
    });
    const expected = { ...renamed, ownerId: TEAM, createdAt: installation().createdAt };
    expect(await github.keepInstallation(renamed)).toEqual(expected);
    expect(await github.installation('github.com:1')).toEqual(expected);
    expect(await github.deleteInstallation('github.com:1')).toBe(true);
    expect(await github.deleteInstallation('github.com:1')).toBe(false);
    expect(await github.installation('github.com:1')).toBeNull();
  });

  test('installations are listed by account, and go with their App', async () => {
    const { github } = await create();
    await github.keepApp(app());
    for (const [id, account] of [
      ['github.com:1', 'b'],
      ['github.com:2', 'a'],
      ['github.com:3', 'c'],
    ] as const) {
      await github.keepInstallation(installation({ id, account }));
      await github.bindInstallation(id, TEAM);
    }
    await github.keepInstallation(installation({ id: 'github.example.com:1', host: 'github.example.com' }));
    expect((await github.installations(TEAM)).map(({ account }) => account)).toEqual(['a', 'b', 'c']);
    await github.deleteApp('github.com', '1234');
    expect(await github.installations(TEAM)).toEqual([]);
    expect(await github.installation('github.example.com:1')).not.toBeNull();
  });
}
