import { env } from 'cloudflare:workers';

import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { metadataOf } from '../../metadata/index.ts';
import { newObjectId } from '../../metadata/object-id.ts';
import { givenApp, givenDeployment } from '../../publish/testing/published.ts';
import { forgetAll, request } from '../../testing/worker.ts';

beforeAll(forgetAll);

const SHA512 = `${'A'.repeat(86)}==`;
const SIGNATURE = btoa('untrusted comment: x');
const freshSlug = () => `app-${newObjectId()}`;

/** An app whose release has these files, with what a runner collects of them. */
async function released(version: string | null = '1.2.3') {
  const app = await givenApp({ slug: freshSlug() });
  const { id, artifacts } = await givenDeployment(app, {
    'App 1.exe': 'w',
    'app_amd64.deb': 'l',
    'app.zip': 'z',
  });
  const meta = (name: string) => ({
    sha512: SHA512,
    signature: SIGNATURE,
    ...(name.includes('amd64') ? { arch: 'x64' } : {}),
  });
  const deployment = await givenDeployment(
    app,
    {},
    { version, artifacts: artifacts.map((artifact) => ({ ...artifact, meta: meta(artifact.name) })) },
  );
  return { app, id, deployment };
}

/** When the release was set. */
const releasedAt = async (appId: string) => (await metadataOf(env).apps.byId(appId))?.releasedAt;

describe('the feed of electron-updater', () => {
  test('lists the files of the release, where they can be downloaded', async () => {
    const { app, deployment } = await released();
    const response = await request(`/a/${app.slug}/updates/electron/latest.yml?noCache=1j`);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/yaml; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
    });
    const url = `${env.PUBLIC_URL}/dl/${deployment.id}/App%201.exe`;
    expect(parse(await response.text(), { version: '1.1' })).toEqual({
      version: '1.2.3',
      files: [{ url, sha512: SHA512, size: 1 }],
      path: url,
      sha512: SHA512,
      releaseDate: await releasedAt(app.id),
    });
    await metadataOf(env).details.write(deployment.id, '- One: *fast*\n');
    const linux = await request(`/a/${app.slug}/updates/electron/latest-linux.yml`);
    expect(parse(await linux.text(), { version: '1.1' })).toMatchObject({ releaseNotes: '- One: *fast*\n' });
  });

  test.each([
    ['latest-mac.yml', 'no file for macOS'],
    ['latest-linux-arm64.yml', 'no file for Linux on arm64'],
    ['nightly.yml', 'no such update feed'],
    ['latest.yml%0d%0aX-A:b', 'no such update feed'],
  ])('says why there is none: %s', async (name, message) => {
    const { app } = await released();
    const response = await request(`/a/${app.slug}/updates/electron/${name}`);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain(message);
  });

  test('needs a version that can be compared', async () => {
    const { app } = await released('2026-11');
    const response = await request(`/a/${app.slug}/updates/electron/latest.yml`);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('Semantic Versioning');
  });

  test('is there for no app without a release, and for no app that there is not', async () => {
    const app = await givenApp({ slug: freshSlug() });
    for (const slug of [app.slug, 'not-there', '..%2Fapi', 'A'.repeat(300)]) {
      expect((await request(`/a/${slug}/updates/electron/latest.yml`)).status, slug).toBe(404);
    }
  });
});

describe('the feed of Tauri', () => {
  test('has an update for an older app, and nothing for the same', async () => {
    const { app, deployment } = await released();
    await metadataOf(env).details.write(deployment.id, 'Faster.');
    const older = await request(`/a/${app.slug}/updates/tauri/linux/x86_64/1.0.0`);
    expect(older.status).toBe(200);
    expect(await older.json()).toEqual({
      version: '1.2.3',
      url: `${env.PUBLIC_URL}/dl/${deployment.id}/app_amd64.deb`,
      signature: SIGNATURE,
      notes: 'Faster.',
      pub_date: await releasedAt(app.id),
    });
    const same = await request(`/a/${app.slug}/updates/tauri/linux/x86_64/1.2.3`);
    expect(same.status).toBe(204);
    expect(await same.text()).toBe('');
  });

  test.each([
    ['linux/x86_64/1.0.0?bundle_type=deb', 200],
    ['linux/x86_64/1.0.0?bundle_type=DEB', 200],
    ['linux/x86_64/1.0.0?bundle_type=rpm', 204],
    ['linux/x86_64/1.0.0?bundle_type=unknown', 200],
    ['darwin/aarch64/1.0.0', 204],
    ['linux/x86_64/newest', 400],
    ['solaris/x86_64/1.0.0', 404],
    ['linux/z80/1.0.0', 404],
    ['linux/x86_64/%7B%7Bcurrent_version%7D%7D', 400],
  ])('answers %s with %i', async (path, status) => {
    const { app } = await released();
    expect((await request(`/a/${app.slug}/updates/tauri/${path}`)).status).toBe(status);
  });
});

describe('an earlier blockmap', () => {
  test('is found beside the new file, where electron-updater looks for it', async () => {
    const app = await givenApp({ slug: freshSlug() });
    const old = await givenDeployment(
      app,
      { 'App-1.0.0.exe.blockmap': 'old' },
      { createdAt: '2026-11-01T00:00:00.000Z' },
    );
    const { id } = await givenDeployment(app, { 'App-1.1.0.exe': 'new' });
    const found = await request(`/dl/${id}/App-1.0.0.exe.blockmap`);
    expect(found.status).toBe(302);
    expect(found.headers.get('Location')).toBe(`/dl/${old.id}/App-1.0.0.exe.blockmap`);
    for (const name of ['App-0.9.0.exe.blockmap', 'App-1.0.0.exe']) {
      expect((await request(`/dl/${id}/${name}`)).status, name).toBe(404);
    }
  });
});
