/** How many bytes the download page has, whatever is released. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { forgetAll, request } from '../testing/worker.ts';
import { MAX_PAGE_BYTES } from './fit.ts';
import { artifactNamed, artifactsNamed } from './testing/artifacts.ts';
import { givenApp, givenDeployment } from './testing/published.ts';

beforeAll(forgetAll);

const bytesOf = async (path: string) => new Uint8Array(await (await request(path)).arrayBuffer()).length;
const freshSlug = () => `app-${newObjectId()}`;
const textOf = async (path: string) => (await request(path)).text();
/** Links on a page to files, in their order. */
const links = (page: string) => [...page.matchAll(/href="(\/dl\/[^"]+)"/g)].map((match) => match[1]);

/** Everything as long as it may be, in characters that take the most bytes in an address. */
const LONG = '🚀'.repeat(96);
const HOSTILE_META = {
  label: '<b>'.repeat(160),
  product: '&'.repeat(500),
  package: '"'.repeat(500),
  version: '🚀'.repeat(250),
  versionCode: 2_147_483_647,
  minSdk: 99,
  abi: '&'.repeat(500),
  arch: '<'.repeat(500),
  flavor: '&'.repeat(500),
  permissions: '"'.repeat(500),
  signed: false,
};

describe('the download page', () => {
  test('of an ordinary release is far below its limit', async () => {
    const app = await givenApp({ slug: freshSlug(), type: 'android' });
    const names = ['app.apk', 'app-x86_64.apk', 'app.aab'];
    for (let version = 0; version < 12; version += 1)
      await givenDeployment(app, {}, artifactsNamed(...names));
    expect(await bytesOf(`/a/${app.slug}`)).toBeLessThan(18_000);
  });

  test('of 200 files with the longest names, and as many of each earlier version, stays below its limit', async () => {
    const app = await givenApp({ slug: freshSlug().slice(0, 40), name: '🚀'.repeat(40), type: 'android' });
    const artifacts = Array.from({ length: 200 }, (_, index) =>
      artifactNamed(`${LONG}${index}.apk`, HOSTILE_META),
    );
    const version = '<i>'.repeat(33);
    for (let count = 0; count < 11; count += 1) await givenDeployment(app, {}, { artifacts, version });
    const path = `/a/${app.slug}`;
    const size = await bytesOf(path);
    expect(size).toBeLessThan(MAX_PAGE_BYTES);
    // What is not shown is one link away, and nothing is cut in the middle.
    const page = await textOf(path);
    const more =
      /href="(\/a\/[^"]+\/versions\/[0-9a-f]{24})">All 200 files of this version</.exec(page)?.[1] ?? '';
    expect(links(await textOf(more))).toHaveLength(200);
    expect(page.match(/<li>/g)?.length).toBe(page.match(/<\/li>/g)?.length);
  });

  test('shows all files where they fit, without a link to more', async () => {
    const app = await givenApp({ slug: freshSlug() });
    await givenDeployment(app, {}, artifactsNamed('a.exe', 'b.exe', 'c.dmg', 'd.deb', 'e.AppImage', 'f.zip'));
    const page = await textOf(`/a/${app.slug}`);
    expect(links(page)).toHaveLength(6);
    expect(page).not.toContain('files of this version');
  });
});

describe('the page of a version', () => {
  test('lists its files and leads back; an earlier one is linked from the download page', async () => {
    const app = await givenApp({ slug: freshSlug() });
    const older = await givenDeployment(
      app,
      {},
      { ...artifactsNamed('a.zip', 'b.zip', 'c.zip', 'd.zip'), version: '1.0' },
    );
    await givenDeployment(app, {}, { ...artifactsNamed('a.zip'), version: '2.0' });
    const page = await textOf(`/a/${app.slug}`);
    expect(page).toContain(`<a href="/a/${app.slug}/versions/${older.id}"><bdi>1.0</bdi></a>`);
    expect(page).toContain('and 1 more');
    const version = await request(`/a/${app.slug}/versions/${older.id}`);
    expect(version.status).toBe(200);
    const text = await version.text();
    expect(links(text)).toHaveLength(4);
    expect(text).toContain(`href="/a/${app.slug}"`);
  });

  test.each(['preview', 'failed', 'another app’s', 'without its files', 'unknown', 'no id'])(
    'of a deployment that is no version is not found: %s',
    async (kind) => {
      const app = await givenApp({ slug: freshSlug() });
      const other = await givenApp({ slug: freshSlug() });
      const named = artifactsNamed('a.zip');
      const { id } = await givenDeployment(
        kind === 'another app’s' ? other : app,
        {},
        {
          ...named,
          ...(kind === 'preview' && { environment: 'preview' }),
          ...(kind === 'failed' && { status: 'failed' }),
        },
      );
      if (kind === 'without its files')
        await metadataOf(env).deployments.markRemoved([id], 'artifacts', '2026-11-29T00:00:00.000Z');
      const asked = kind === 'unknown' ? newObjectId() : kind === 'no id' ? 'latest%2F..' : id;
      expect((await request(`/a/${app.slug}/versions/${asked}`)).status).toBe(404);
    },
  );
});
