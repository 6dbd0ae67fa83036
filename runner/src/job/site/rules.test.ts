import { execFileSync } from 'node:child_process';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { EMPTY_RULES } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../prepare/testing/surroundings.ts';
import { type Publishing, usePublishing } from './testing/publishing.ts';

const now = usePublishing();
const write: Publishing['write'] = (files) => now().write(files);
const collect: Publishing['collect'] = (collecting) => now().collect(collecting);
const publish: Publishing['publish'] = (artifact) => now().publish(artifact);

describe('the rules of a site', () => {
  const site = { 'dist/index.html': 'x' };

  test('are read from the output and from the source, and not published', async () => {
    await write({
      ...site,
      'dist/_headers': '/*\n  X-A: b\n',
      'dist/_redirects': '/old /new\n',
      'dist/docs/_redirects': 'a page of a handbook',
      'netlify.toml': '[[redirects]]\nfrom = "/a"\nto = "/b"\n',
      'dist/netlify.toml': 'not read, because the source has one',
    });
    expect(await publish(await collect())).toEqual({
      'index.html': 'x',
      'docs/_redirects': 'a page of a handbook',
    });
    expect(now().sites.manifest?.rules).toMatchObject({
      redirects: [{ status: 301 }, { status: 301 }],
      headers: [{}],
    });
    expect(now().lines).toContain(
      'Rules from "netlify.toml", "dist/_headers", "dist/_redirects": 2 redirects and rewrites, 1 header rule.',
    );
  });

  test('are those of the base, if they are the same, and none, if they are gone', async () => {
    await write({ ...site, 'dist/_redirects': '/old /new\n' });
    await publish(await collect());
    await publish(await collect());
    expect(now().sites.index).toMatchObject({ rules: null, base: {} });
    expect(now().sites.manifest?.rules.redirects).toHaveLength(1);
    await rm(join(now().root, 'dist/_redirects'));
    await publish(await collect());
    expect(now().sites.manifest?.rules).toEqual(EMPTY_RULES);
  });

  test('that are wrong are left out, with file and line', async () => {
    await write({ ...site, 'dist/_redirects': '/a /b\n/only\n' });
    await publish(await collect());
    expect(now().sites.manifest?.rules.redirects).toHaveLength(1);
    expect(now().lines).toContainEqual(
      expect.stringMatching(/^Warning: dist\/_redirects:2: The destination is missing/),
    );
  });

  test('that protect something fail the deployment', async () => {
    await write({ ...site, 'dist/_redirects': '/admin/* /login 302 Role=admin\n' });
    const failure = await failureOf(collect());
    expect(failure).toMatchObject({ code: 'settings_invalid' });
    expect(failure.message).toMatch(/^dist\/_redirects:1: /);
    expect(now().lines).toContainEqual(expect.stringMatching(/^Error: dist\/_redirects:1: /));
  });

  test('that are a link, a pipe or too large aren’t read', async () => {
    await write(site);
    await symlink('/etc/passwd', join(now().root, 'vercel.json'));
    execFileSync('mkfifo', [join(now().root, 'netlify.toml')]);
    expect(await publish(await collect())).toEqual({ 'index.html': 'x' });
    expect(now().lines.join()).not.toContain('Rules from');
    await write({ 'dist/_headers': '#'.repeat(1024 * 1024 + 1) });
    expect((await failureOf(collect())).message).toBe('dist/_headers is larger than 1024 KB.');
  });

  test('follow the project', async () => {
    await write({ ...site, 'dist/app.js': 'y', 'dist/app.js.map': '{}', 'dist/.a': '' });
    await publish(await collect({ plan: { framework: 'vite' } }));
    expect(now().sites.manifest?.rules.spaFallback).toBe(true);
    expect(now().lines).toContain('Single-page app: paths without a file get index.html.');
    const settings = { spaFallback: false, sourceMaps: true, dotfiles: true };
    const published = await publish(await collect({ plan: { framework: 'vite' }, settings }));
    expect(Object.keys(published)).toEqual(['.a', 'app.js', 'app.js.map', 'index.html']);
    expect(now().sites.manifest?.rules.spaFallback).toBe(false);
    expect(now().lines.join()).not.toContain('Left out');
  });

  const script = { 'dist/assets/app.js': 'y' };
  const built = (base: string) => `<script type="module" src="${base}/assets/app.js"></script>`;

  test('lead from the base path that the site was built for to its files, after its own rules', async () => {
    await write({ ...script, 'dist/index.html': built('/my-repo'), 'dist/_redirects': '/my-repo/a /b\n' });
    await publish(await collect());
    expect(now().sites.manifest?.rules.redirects).toMatchObject([
      { status: 301 },
      { status: 200, force: false, pattern: { before: ['my-repo'] }, to: { origin: null } },
    ]);
    expect(now().lines).toContainEqual(
      expect.stringMatching(
        /^"dist\/index\.html" asks for its files below "\/my-repo\/", so the site answers/,
      ),
    );
  });

  test('have none for a site at the top of its host', async () => {
    await write({ ...script, 'dist/index.html': built('') });
    await publish(await collect());
    expect(now().sites.manifest?.rules.redirects).toEqual([]);
    expect(now().lines.join()).not.toContain('asks for its files');
  });

  test('stay what they are if there are as many as a site can have', async () => {
    const lines = Array.from({ length: 2100 }, (_, at) => (at < 2000 ? `/${at} /x` : `/${at}/* /x`));
    await write({ ...script, 'dist/index.html': built('/my-repo'), 'dist/_redirects': lines.join('\n') });
    await publish(await collect());
    expect(now().sites.manifest?.rules.redirects).toHaveLength(2100);
    expect(now().lines.join()).not.toContain('asks for its files');
  });
});
