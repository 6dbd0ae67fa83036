import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EMPTY_RULES, SITE_PACK_TYPE } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { COLLECT_LIMITS } from '../collect/limits.ts';
import { walkFolder } from '../collect/walk.ts';
import { packPublication } from './publish.ts';
import { type Publishing, usePublishing } from './testing/publishing.ts';

const now = usePublishing();
const write: Publishing['write'] = (files) => now().write(files);
const collect: Publishing['collect'] = (collecting) => now().collect(collecting);
const publish: Publishing['publish'] = (artifact) => now().publish(artifact);

const text = (name: string) => `${name} `.repeat(400);

describe('an output with a start page', () => {
  test('is packed, and published whole', async () => {
    const files = {
      'index.html': text('index'),
      'assets/ü "a".js': text('a'),
      'assets/copy.js': text('a'),
      'image.png': randomBytes(3000).toString('latin1'),
      'empty.txt': '',
      '.well-known/assetlinks.json': '[]',
    };
    for (const [path, content] of Object.entries(files))
      await write({ [`dist/${path}`]: Buffer.from(content, 'latin1') });
    const artifact = await collect();
    const unpackedBytes = Object.values(files).reduce((sum, { length }) => sum + length, 0);
    expect(artifact).toMatchObject({
      name: 'shop-1.0.0.zip',
      contentType: SITE_PACK_TYPE,
      meta: { files: 6, unpackedBytes, entry: 'index.html' },
    });
    expect(artifact.size).toBe((await readFile(artifact.path)).length);
    expect(artifact.size).toBeLessThan(unpackedBytes);
    expect(await publish(artifact)).toEqual(files);
    expect(now().sites.index).toMatchObject({ base: null, kind: 'site', rules: null, remove: [] });
    expect(now().sites.index?.add).toHaveLength(5);
    expect(now().lines[0]).toBe('Publishing "dist": 6 files, 7.0 kB: all new.');
    expect(now().sites.questions).toMatchObject([{ attempt: 1, branch: 'main' }]);
  });

  test('sends a later time only what has changed', async () => {
    const files = Object.fromEntries(
      Array.from({ length: 200 }, (_, at) => [`dist/f${at}.js`, randomBytes(500).toString('hex')]),
    );
    await write({ ...files, 'dist/index.html': text('index') });
    const first = await collect();
    await publish(first);
    const changed = randomBytes(500).toString('hex');
    await write({ 'dist/f7.js': changed, 'dist/new.js': text('new') });
    await rm(join(now().root, 'dist/f8.js'));
    const second = await collect();
    const published = await publish(second);
    expect(published['f7.js']).toBe(changed);
    expect(Object.keys(published)).toHaveLength(201);
    expect(published).not.toHaveProperty('f8.js');
    expect(second.size).toBeLessThan(0.02 * first.size);
    expect(second.meta).toMatchObject({ files: 201 });
    expect(now().sites.index).toMatchObject({ copy: [], remove: ['f8.js'] });
    expect(now().sites.index?.add.map(({ path }) => path)).toEqual(['f7.js', 'new.js']);
    expect(now().lines[0]).toMatch(
      /^Publishing "dist": 201 files, \d+ kB: 2 new \(2\.6 kB\), 199 unchanged, 1 removed\.$/,
    );
  });

  test('that is the same sends nothing but an index', async () => {
    await write({ 'dist/index.html': text('index'), 'dist/a.js': text('a') });
    await publish(await collect());
    const again = await collect();
    expect(again.size).toBeLessThan(300);
    expect(again.site?.contents).toEqual([]);
    expect(await publish(again)).toEqual({ 'index.html': text('index'), 'a.js': text('a') });
    expect(now().lines).toEqual(['Publishing "dist": 2 files, 3.2 kB: all unchanged.']);
  });

  test('is the same pack for the same files', async () => {
    await write({
      'dist/index.html': text('index'),
      'dist/a.js': text('a'),
      'dist/b/c.bin': randomBytes(999),
    });
    const { sha256 } = await collect();
    expect((await collect()).sha256).toBe(sha256);
  });

  test('can be scanned: its contents are what is published', async () => {
    await write({ 'dist/index.html': text('index'), 'dist/a.png': 'PNG', 'dist/empty.txt': '' });
    const { site } = await collect();
    const contents: Record<string, string> = {};
    for (const { name, size, read } of site?.contents ?? []) {
      // Twice, as the scanner does when clamd breaks off.
      for (let time = 0; time < 2; time += 1) {
        const parts = [];
        for await (const part of read()) parts.push(part);
        contents[name] = Buffer.concat(parts).toString();
      }
      expect(contents[name]).toHaveLength(size);
    }
    expect(contents).toEqual({ 'index.html': text('index'), 'a.png': 'PNG', 'empty.txt': '' });
  });

  test('can be packed again for another base, or for none', async () => {
    await write({ 'dist/index.html': text('index') });
    await publish(await collect());
    await write({ 'dist/a.js': text('a') });
    const refused = await collect();
    now().sites.base = null;
    const again = await refused.site?.repack(now().around.ctx);
    if (again === undefined) throw new Error('it was not packed');
    expect(await publish(again)).toEqual({ 'index.html': text('index'), 'a.js': text('a') });
    now().sites.accepts = undefined;
    expect(await refused.site?.repack(now().around.ctx)).toBeUndefined();
  });

  test('is distinguished by its case and its accents, with a warning', async () => {
    await write({
      'dist/index.html': 'x',
      'dist/A.html': '1',
      'dist/a.html': '2',
      'dist/e\u0301': '3',
      'dist/é': '4',
    });
    expect(await publish(await collect())).toEqual({
      'index.html': 'x',
      'A.html': '1',
      'a.html': '2',
      'e\u0301': '3',
      é: '4',
    });
    expect(now().lines).toContainEqual(
      expect.stringMatching(/^Warning: names that differ only in case .*"A\.html", "a\.html"/),
    );
  });

  test('leaves out what nobody asked for, and says so', async () => {
    await write({
      'dist/index.html': 'x',
      'dist/a.js.map': '{}',
      'dist/.htaccess': '',
      'dist/.git/config': '',
      'dist/_worker.js/index.js': '',
      'dist/node_modules/a.js': 'y',
    });
    expect(await publish(await collect())).toEqual({ 'index.html': 'x', 'node_modules/a.js': 'y' });
    expect(now().lines).toEqual(
      expect.arrayContaining([
        'Left out of "dist": repositories (".git").',
        'Left out of "dist": hidden files (".htaccess"). To publish them, set site.dotfiles to true in appflux.json.',
        'Left out of "dist": source maps ("a.js.map"). To publish them, set site.sourceMaps to true in appflux.json.',
        'Left out of "dist": server code ("_worker.js"). A site of files runs no server.',
      ]),
    );
  });

  test('that is the source as it is comes without packages and settings', async () => {
    await write({
      'index.html': 'x',
      'appflux.json': '{}',
      'node_modules/a/b.js': '',
      '.env': 'A=1',
      'a.css': 'y',
    });
    expect(await publish(await collect({ plan: { outputs: ['.'], buildCommand: null } }))).toEqual({
      'index.html': 'x',
      'a.css': 'y',
    });
    expect(now().lines).toContain('Left out of ".": files with secrets (".env").');
  });
});

test('an Expo update is packed the same way, without rules and a start page', async () => {
  await write({ 'dist/metadata.json': '{"version":0}', 'dist/bundles/ios.hbc': text('bundle') });
  const { root, around, options } = now();
  const files = await walkFolder(join(root, 'dist'), 'dist', {
    root,
    limits: COLLECT_LIMITS,
    maxBytes: 1e6,
    signal: around.ctx.signal,
    leaveOut: () => false,
  });
  const meta = { version: 0, bundler: 'metro' };
  const path = join(around.folder, 'pack');
  const artifact = await packPublication(
    { kind: 'expo', files, rules: EMPTY_RULES, meta },
    { ...options, name: 'shop-1.0.0.zip', shown: 'dist', path, maxBytes: 1e6 },
    around.ctx,
  );
  expect(artifact?.meta).toEqual({ files: 2, unpackedBytes: 13 + text('bundle').length });
  if (artifact !== undefined) await publish(artifact);
  expect(now().sites.manifest).toMatchObject({ kind: 'expo', meta });
});
