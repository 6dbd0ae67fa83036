import { env, exports } from 'cloudflare:workers';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { forgetAll, request } from '../testing/worker.ts';
import { artifactNamed, artifactsNamed } from './testing/artifacts.ts';
import { givenApp, givenDeployment } from './testing/published.ts';

beforeAll(forgetAll);

const metadata = metadataOf(env);
const freshSlug = () => `app-${newObjectId()}`;

/** Links on a page to files, in their order. */
const links = (page: string) => [...page.matchAll(/href="(\/dl\/[^"]+)"/g)].map((match) => match[1]);

const visit = async (slug: string, headers: Record<string, string> = {}) => {
  const response = await request(`/a/${slug}`, { headers });
  return { response, text: await response.text() };
};

describe('the page of a release', () => {
  test('tells what it is, and links to the files that there are', async () => {
    const app = await givenApp({ name: 'Trail Notes', slug: freshSlug(), type: 'android' });
    const { id, artifacts } = await givenDeployment(
      app,
      { 'app.aab': 'bundle', 'app.apk': 'package' },
      { version: '1.4.2', commitHash: 'abcdef0123456789' },
    );
    const { response, text } = await visit(app.slug);
    expect(response.status).toBe(200);
    for (const shown of [
      'Trail Notes',
      '1.4.2',
      'Android app',
      '7 bytes',
      '23 November 2026',
      'abcdef012345',
    ]) {
      expect(text).toContain(shown);
    }
    for (const { sha256 } of artifacts) expect(text).toContain(sha256);
    expect(links(text)).toEqual([`/dl/${id}/app.apk`, `/dl/${id}/app.aab`]);
    for (const path of links(text)) expect((await request(path ?? '')).status).toBe(200);
  });

  test('names the kind that was detected where nobody said one, and what was said before it', async () => {
    const app = await givenApp({ slug: freshSlug(), detectedType: 'desktop' });
    await givenDeployment(app, { 'app.zip': 'x' });
    expect((await visit(app.slug)).text).toContain('Desktop app');
    const said = await givenApp({ slug: freshSlug(), type: 'android', detectedType: 'desktop' });
    await givenDeployment(said, { 'app.apk': 'x' });
    expect((await visit(said.slug)).text).toContain('Android app');
  });

  test('has an Open Graph card with a picture that there is', async () => {
    const app = await givenApp({ name: 'Trail \u202eNotes', slug: freshSlug() });
    await givenDeployment(app, { 'app.zip': 'x' }, { version: '1.4' });
    const { text } = await visit(app.slug);
    const of = (property: string) =>
      new RegExp(`<meta (?:property|name)="${property}" content="([^"]*)"`).exec(text)?.[1];
    expect(of('og:url')).toBe(`${env.PUBLIC_URL}/a/${app.slug}`);
    expect(of('og:title')).toBe('Trail  Notes 1.4');
    expect(of('twitter:card')).toBe('summary_large_image');
    const image = of('og:image') ?? '';
    expect(image).toMatch(new RegExp(`^${env.PUBLIC_URL}/a/-/card/\\d+\\.png$`));
    expect((await request(image.slice(env.PUBLIC_URL.length))).headers.get('Content-Type')).toBe('image/png');
  });

  test('says of an APK what it is inside, and which phones take it', async () => {
    const app = await givenApp({ slug: freshSlug(), type: 'android' });
    const meta = {
      package: 'dev.trail.<b>notes</b>',
      version: '1.4.2',
      versionCode: 17,
      minSdk: 26,
      permissions: 'INTERNET, CAMERA and 3 more',
    };
    await givenDeployment(app, {}, { artifacts: [artifactNamed('app.apk', meta)], version: '1.4.2' });
    const { text } = await visit(app.slug);
    expect(text).toContain('<dt>Package</dt><dd><bdi>dev.trail.&lt;b&gt;notes&lt;/b&gt;</bdi></dd>');
    expect(text).toContain('<dt>File version</dt><dd><bdi>1.4.2</bdi> (17)</dd>');
    expect(text).toContain('<dt>Requires</dt><dd>Android 8.0 or newer</dd>');
    expect(text).toContain('<summary>5 permissions</summary>');
  });

  test('needs no script and lets none in', async () => {
    const app = await givenApp({ slug: freshSlug() });
    await givenDeployment(app, { 'app.zip': 'x' });
    const { response, text } = await visit(app.slug);
    expect(text).not.toMatch(/<script/i);
    expect(text).not.toMatch(/\sstyle=|\son\w+=/i);
    const policy = response.headers.get('Content-Security-Policy') ?? '';
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; img-src 'self' data:; base-uri 'none'/,
    );
    const css = /<style>([^<]*)<\/style>/.exec(text)?.[1] ?? '';
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(css));
    expect(policy).toContain(`'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`);
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(response.headers.get('Referrer-Policy')).toBe('no-referrer');
  });

  test('shows hostile names as the text they are', async () => {
    const name = '<img src=x onerror=alert(1)>"&\'';
    const file = "it's \u00ab& 100% {x}.apk";
    const app = await givenApp({ name, slug: freshSlug() });
    const { id } = await givenDeployment(
      app,
      { [file]: 'x' },
      { version: '</title><script>alert(2)</script>', commitHash: null },
    );
    const { text } = await visit(app.slug);
    expect(text).not.toContain('<img');
    expect(text).not.toContain('<script');
    expect(text).toContain('&lt;img src=x onerror=alert(1)&gt;');
    expect(links(text)).toHaveLength(1);
    const path = links(text)[0]?.replaceAll('&#39;', "'").replaceAll('&amp;', '&') ?? '';
    expect(path).toBe(`/dl/${id}/${encodeURIComponent(file)}`);
    expect((await request(path)).status).toBe(200);
  });

  test.each([
    ['"Windows"', 'setup.exe'],
    ['"macOS"', 'app.dmg'],
    ['"Linux"', 'app.AppImage'],
  ])('offers a visitor on %s the right file first', async (hint, first) => {
    const app = await givenApp({ slug: freshSlug(), type: 'desktop' });
    await givenDeployment(app, { 'app.AppImage': 'x', 'app.dmg': 'x', 'setup.exe': 'x' });
    const { response, text } = await visit(app.slug, { 'Sec-CH-UA-Platform': hint });
    expect(links(text)[0]).toContain(first);
    expect(links(text)).toHaveLength(3);
    expect(response.headers.get('Vary')).toBe('User-Agent, Sec-CH-UA-Platform');
  });

  test('tells a visitor whose system has no file', async () => {
    const app = await givenApp({ slug: freshSlug(), type: 'android' });
    await givenDeployment(app, { 'app.apk': 'x' });
    expect((await visit(app.slug, { 'Sec-CH-UA-Platform': '"Windows"' })).text).toContain(
      'This version has no file for Windows. To use it, open this page on Android.',
    );
    expect((await visit(app.slug, { 'Sec-CH-UA-Platform': '"Android"' })).text).not.toContain(
      'has no file for',
    );
  });

  test.each([
    ['app.apk', false, 'Nobody has signed this file: Android does not install it'],
    ['setup.exe', false, 'Nobody has signed this file: Windows may warn'],
    ['app.apk', true, '<dt>Signed</dt><dd>Yes</dd>'],
  ])('says of %s whether it is signed: %s', async (name, signed, said) => {
    const app = await givenApp({ slug: freshSlug() });
    await givenDeployment(app, {}, { artifacts: [artifactNamed(name, { signed })] });
    const { text } = await visit(app.slug);
    expect(text).toContain(said);
    expect(text.includes('Nobody has signed')).toBe(!signed);
  });

  test('says of every file what it is for, and which ones nobody has signed', async () => {
    const app = await givenApp({ slug: freshSlug(), type: 'android' });
    const artifacts = [
      artifactNamed('app-free-universal-release.apk', { abi: 'universal', flavor: 'free', signed: true }),
      artifactNamed('app-pro-x86_64-release-unsigned.apk', {
        abi: 'x86_64',
        flavor: '<pro>',
        variant: 'release',
        signed: false,
      }),
      artifactNamed('app-debug.apk', { variant: 'debug', signed: true }),
      artifactNamed('tool.deb', { arch: 'arm64' }),
    ];
    await givenDeployment(app, {}, { artifacts });
    const { text } = await visit(app.slug);
    expect(text).toContain('<dt>For</dt><dd>universal, free</dd>');
    expect(text).toContain('<span>Android app · x86_64, &lt;pro&gt; · 5 bytes · not signed</span>');
    expect(text).toContain('<span>Android app · debug · 5 bytes</span>');
    expect(text).toContain('arm64 · 5 bytes</span>');
  });

  test('lists earlier versions: production, successful, newest first', async () => {
    const app = await givenApp({ slug: freshSlug() });
    const older = await givenDeployment(app, { 'a.zip': 'x' }, { version: '0.8' });
    await givenDeployment(app, { 'preview.zip': 'x' }, { environment: 'preview', version: 'p' });
    await givenDeployment(app, { 'broken.zip': 'x' }, { status: 'failed' });
    const newer = await givenDeployment(app, { 'a.zip': 'x' }, { version: '0.9' });
    const release = await givenDeployment(app, { 'a.zip': 'x' }, { version: '1.0' });
    const { text } = await visit(app.slug);
    expect(links(text)).toEqual([release, newer, older].map(({ id }) => `/dl/${id}/a.zip`));
  });

  test('shows a new release, a rollback and a new name immediately, each with a new ETag', async () => {
    const app = await givenApp({ name: 'First', slug: freshSlug() });
    const first = await givenDeployment(app, { 'a.zip': 'x' }, { version: '1.0' });
    const tags = new Set<string | null>();
    const shown = async () => {
      const { response, text } = await visit(app.slug);
      const tag = response.headers.get('ETag');
      expect(response.headers.get('Cache-Control')).toBe('public, no-cache');
      tags.add(tag);
      return { tag, text };
    };
    const before = await shown();
    expect(before.tag).toContain(first.id);
    expect((await shown()).tag).toBe(before.tag);
    const second = await givenDeployment(app, { 'a.zip': 'x' }, { version: '2.0' });
    const after = await shown();
    expect(after.tag).toContain(second.id);
    expect(after.text).toContain('Version <bdi>2.0</bdi>');
    await metadata.apps.update(app.id, { release: first.id });
    expect((await shown()).tag).toBe(before.tag);
    await metadata.apps.update(app.id, { name: 'Second' });
    expect((await shown()).text).toContain('<bdi>Second</bdi>');
    expect(tags.size).toBe(3);
  });

  test('that the visitor has is not sent again, until there is another', async () => {
    const app = await givenApp({ slug: freshSlug() });
    await givenDeployment(app, { 'a.zip': 'x' });
    const { response } = await visit(app.slug);
    const known = { 'If-None-Match': response.headers.get('ETag') ?? '' };
    const again = await visit(app.slug, known);
    expect([again.response.status, again.text]).toEqual([304, '']);
    await givenDeployment(app, { 'a.zip': 'x' });
    expect((await visit(app.slug, known)).response.status).toBe(200);
  });

  test('can be asked for by HEAD', async () => {
    const app = await givenApp({ slug: freshSlug() });
    await givenDeployment(app, { 'a.zip': 'x' });
    const response = await request(`/a/${app.slug}`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('ETag')).not.toBeNull();
    expect(await response.text()).toBe('');
  });
});

describe('the page of a site', () => {
  const archive = { ...artifactNamed('site.zip', { entry: 'index.html' }), contentType: 'application/zip' };
  const static_ = { kind: 'static', files: 1, bytes: 5, newFiles: 1, newBytes: 5 } as const;

  test.each([
    ['published', static_],
    ['of an earlier version', null],
  ])('%s is the site itself', async (_, site) => {
    const app = await givenApp({ slug: freshSlug(), type: 'web' });
    await givenDeployment(app, {}, { artifacts: [archive], site });
    const { response } = await visit(app.slug);
    expect(response.status).toBe(302);
    expect(new URL(response.headers.get('Location') ?? '').host).toBe(`${app.slug}.${env.SITES_DOMAIN}`);
    expect(response.headers.get('Cache-Control')).toBe('no-cache');
  });

  test('that has files as well offers them, links to the site, and lists its archive last', async () => {
    const app = await givenApp({ slug: freshSlug(), type: 'web' });
    await givenDeployment(app, {}, { artifacts: [archive, artifactNamed('app.apk')], site: static_ });
    const { response, text } = await visit(app.slug, { 'Sec-CH-UA-Platform': '"Windows"' });
    expect(response.status).toBe(200);
    expect(text).toMatch(/<a href="http[^"]+">Open the site<\/a>/);
    expect(links(text).map((link) => link?.split('/').at(-1))).toEqual(['app.apk', 'site.zip']);
  });

  test('whose output is no site offers its archive', async () => {
    const app = await givenApp({ slug: freshSlug(), type: 'web' });
    await givenDeployment(app, {}, artifactsNamed('app.zip'));
    expect((await visit(app.slug)).response.status).toBe(200);
  });
});

describe('who may open it', () => {
  const access = { production: 'team', previews: 'team' } as const;

  test.each(['', '/versions/ID', '/versions/ID/icon', '/latest', '/latest/android', '/badge.svg'])(
    'nobody without the right, of a private app: %s',
    async (path) => {
      const app = await givenApp({ slug: freshSlug(), access, name: 'Secret name' });
      const { id } = await givenDeployment(app, { 'app.apk': 'x' }, { version: '9.9.9-secret' });
      const response = await request(`/a/${app.slug}${path.replace('ID', id)}`);
      expect(response.status).toBe(401);
      expect(await response.text()).not.toContain('9.9.9-secret');
      const other = await request(`/a/${app.slug}${path.replace('ID', id)}`, {
        headers: { Accept: 'text/html' },
      });
      expect(other.status).toBe(302);
      expect(other.headers.get('Location')).toContain('access');
    },
  );

  test('a version of an app that is public is not found below one that is not', async () => {
    const open = await givenApp({ slug: freshSlug() });
    const secret = await givenApp({ slug: freshSlug(), access });
    const { id } = await givenDeployment(secret, { 'app.apk': 'x' });
    expect((await request(`/a/${open.slug}/versions/${id}`)).status).toBe(404);
    expect((await request(`/a/${open.slug}/versions/${id}/icon`)).status).toBe(404);
  });
});

describe('a page without a release', () => {
  test('of an app that was never released says so', async () => {
    const app = await givenApp({ name: 'Soon', slug: freshSlug() });
    await givenDeployment(app, {}, { status: 'failed' });
    const { response, text } = await visit(app.slug);
    expect(response.status).toBe(200);
    expect(text).toContain('There is no release yet');
    expect(text).toContain('Soon');
    await givenDeployment(app, { 'a.zip': 'x' });
    expect((await visit(app.slug)).text).not.toContain('There is no release yet');
  });

  test('of an app whose release is gone, or another app’s, says so as well', async () => {
    const other = await givenDeployment(await givenApp({ slug: freshSlug() }), { 'a.zip': 'x' });
    for (const release of [newObjectId(), other.id]) {
      const app = await givenApp({ slug: freshSlug(), release });
      expect((await visit(app.slug)).text).toContain('There is no release yet');
    }
  });

  test.each(['no-such-app', 'Not%20A%20Slug', '..%2f..%2fapi', '%3Cscript%3E', 'a'.repeat(3000)])(
    '%s is not found, and what was asked for is not repeated',
    async (slug) => {
      const { response, text } = await visit(slug);
      expect(response.status).toBe(404);
      expect(response.headers.get('Cache-Control')).toBe('no-store');
      expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
      expect(text).toContain('There is no such page');
      expect(text).not.toContain(slug);
    },
  );
});

test('a page is kept once, whatever host it is asked for with', async () => {
  const app = await givenApp({ slug: 'kept-once' });
  await givenDeployment(app, { 'app.apk': 'x' });
  const put = vi.spyOn(caches.default, 'put');
  for (const origin of [env.PUBLIC_URL, 'http://127.0.0.9', 'http://[::9]:81'])
    expect((await exports.default.fetch(new Request(`${origin}/a/kept-once?x=${origin}`))).status).toBe(200);
  expect(put).toHaveBeenCalledTimes(1);
  put.mockRestore();
});
