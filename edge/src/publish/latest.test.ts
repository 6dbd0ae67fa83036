import { beforeAll, describe, expect, test } from 'vitest';
import { newObjectId } from '../metadata/object-id.ts';
import { forgetAll, request } from '../testing/worker.ts';
import { artifactsNamed } from './testing/artifacts.ts';
import { givenApp, givenDeployment } from './testing/published.ts';

beforeAll(forgetAll);

const FILES = ['App.AppImage', 'App.dmg', 'App Setup.exe', 'App.apk', 'App.aab'];

async function released(...names: string[]) {
  const app = await givenApp({ name: 'Trail Notes', slug: `app-${newObjectId()}` });
  const { id } = await givenDeployment(app, {}, { ...artifactsNamed(...names), version: '2.1' });
  return { slug: app.slug, id, app };
}

const messageOf = async (response: Response) =>
  ((await response.json()) as { error: { message: string } }).error.message;

describe('latest', () => {
  test.each([
    ['android', 'App.apk'],
    ['windows', 'App%20Setup.exe'],
    ['macos', 'App.dmg'],
    ['linux', 'App.AppImage'],
  ])('for %s leads to its file', async (platform, name) => {
    const { slug, id } = await released(...FILES);
    const response = await request(`/a/${slug}/latest/${platform}`);
    expect(response.status).toBe(302);
    expect(response.headers.get('Location')).toBe(`/dl/${id}/${name}`);
    expect(response.headers.get('Cache-Control')).toBe('no-cache');
  });

  test('without a platform leads to the file for the visitor’s system, else to the first', async () => {
    const { slug, id } = await released(...FILES);
    const asked = (headers: Record<string, string>) => request(`/a/${slug}/latest`, { headers });
    const windows = await asked({ 'Sec-CH-UA-Platform': '"Windows"' });
    expect(windows.headers.get('Location')).toBe(`/dl/${id}/App%20Setup.exe`);
    expect(windows.headers.get('Vary')).toBe('User-Agent, Sec-CH-UA-Platform');
    expect((await asked({ 'User-Agent': 'curl/8.15.0' })).status).toBe(302);
    const onlyAndroid = await released('App.apk');
    const response = await request(`/a/${onlyAndroid.slug}/latest`, {
      headers: { 'Sec-CH-UA-Platform': '"Windows"' },
    });
    expect(response.headers.get('Location')).toBe(`/dl/${onlyAndroid.id}/App.apk`);
  });

  test('follows the next release', async () => {
    const { slug, app } = await released(...FILES);
    const { id } = await givenDeployment(app, {}, artifactsNamed('New.exe'));
    const response = await request(`/a/${slug}/latest/windows`);
    expect(response.headers.get('Location')).toBe(`/dl/${id}/New.exe`);
  });

  test('for a platform without a file is a 404 that says which platforms have one', async () => {
    const { slug } = await released('App.dmg', 'App.apk', 'App.aab', 'site.zip');
    const response = await request(`/a/${slug}/latest/windows`);
    expect(response.status).toBe(404);
    expect(await messageOf(response)).toBe(
      'Trail Notes 2.1 has no file for Windows. It has files for macOS and Android',
    );
  });

  test('never leads to a file that nobody can open there', async () => {
    const { slug } = await released('App.aab', 'App.ipa');
    const response = await request(`/a/${slug}/latest/android`);
    expect(response.status).toBe(404);
    expect(await messageOf(response)).toBe('Trail Notes 2.1 has no file for Android');
  });

  test.each(['ios', 'toString', '__proto__', 'WINDOWS', '%2e%2e%2f', 'a'.repeat(300)])(
    'for the platform %s is a 404 that names the platforms',
    async (platform) => {
      const { slug } = await released(...FILES);
      const response = await request(`/a/${slug}/latest/${platform}`);
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain('constructor');
    },
  );

  test.each(['', '/linux'])('of an app without a release, or of none, is a 404: latest%s', async (path) => {
    const app = await givenApp({ name: 'Soon', slug: `app-${newObjectId()}` });
    const unreleased = await request(`/a/${app.slug}/latest${path}`);
    expect([unreleased.status, await messageOf(unreleased)]).toEqual([404, 'Soon has no release yet']);
    expect((await request(`/a/no-such-app/latest${path}`)).status).toBe(404);
    expect((await request(`/a/Not%20A%20Slug/latest${path}`)).status).toBe(404);
  });
});
