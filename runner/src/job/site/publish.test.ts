import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { EMPTY_RULES, MAX_SITE_FILES, SITE_PACK_TYPE } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CollectedArtifact } from '../../step-context.ts';
import { keptJournal } from '../../testing/docker.ts';
import { FakeEdge } from '../../testing/fake-edge.ts';
import { FakeSites } from '../../testing/fake-sites.ts';
import { collectArtifacts } from '../collect/index.ts';
import { COLLECT_LIMITS } from '../collect/limits.ts';
import { failureOf, surroundings, type TestSurroundings } from '../prepare/testing/surroundings.ts';
import type { SiteConnection } from './base.ts';
import { sitePublisher } from './index.ts';
import { packPublication } from './publish.ts';

let around: TestSurroundings;
let root: string;
let edge: FakeEdge;
let sites: FakeSites;
const { journal, lines: journalLines } = keptJournal();

beforeEach(async () => {
  around = await surroundings();
  root = join(around.folder, 'source');
  await mkdir(root);
  edge = await FakeEdge.start();
  sites = new FakeSites(edge);
  journalLines.length = 0;
});

afterEach(async () => {
  await edge.close();
  await around.remove();
});

const connection: SiteConnection = {
  get publishesSites() {
    return sites.accepts !== undefined;
  },
  askForBase: async (question) => {
    if (sites.accepts === undefined) return null;
    const base = sites.baseOf({ ...question, request: 'one' });
    return { type: 'site_base', request: 'one', base };
  },
};

async function write(files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

async function collect(
  plan: { outputs?: string[]; buildCommand?: string | null } = {},
  maxBytes = 50_000_000,
) {
  around.lines.length = 0;
  const artifacts = await collectArtifacts(
    {
      root,
      plan: {
        type: 'web',
        framework: null,
        packageManager: null,
        image: 'x',
        node: null,
        installCommand: null,
        buildCommand: 'npm run build',
        outputs: ['dist'],
        reasons: [],
        ...plan,
      },
      app: { slug: 'shop' },
      version: '1.0.0',
      commitHash: null,
      maxBytes,
      outDir: around.workspace.scratch,
      mask: String,
      publish: sitePublisher({
        connection,
        attempt: 1,
        branch: 'main',
        journal,
        backoff: { baseMs: 1, capMs: 5 },
      }),
    },
    around.ctx,
  );
  const [artifact] = artifacts;
  if (artifact === undefined || artifacts.length > 1) throw new Error('one artifact was expected');
  return artifact;
}

let number = 0;

/** Publishes a pack, as the edge does. */
async function publish(artifact: CollectedArtifact) {
  const id = (++number).toString(16).padStart(24, '0');
  await sites.publish(await readFile(artifact.path), id);
  return Object.fromEntries(sites.files());
}

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
    expect(sites.index).toMatchObject({ base: null, kind: 'site', rules: null, remove: [] });
    expect(sites.index?.add).toHaveLength(5);
    expect(around.lines[0]).toBe('Publishing "dist": 6 files, 7.0 kB: all new.');
    expect(sites.questions).toMatchObject([{ attempt: 1, branch: 'main' }]);
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
    await rm(join(root, 'dist/f8.js'));
    const second = await collect();
    const published = await publish(second);
    expect(published['f7.js']).toBe(changed);
    expect(Object.keys(published)).toHaveLength(201);
    expect(published).not.toHaveProperty('f8.js');
    expect(second.size).toBeLessThan(0.02 * first.size);
    expect(second.meta).toMatchObject({ files: 201 });
    expect(sites.index).toMatchObject({ copy: [], remove: ['f8.js'] });
    expect(sites.index?.add.map(({ path }) => path)).toEqual(['f7.js', 'new.js']);
    expect(around.lines[0]).toMatch(
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
    expect(around.lines).toEqual(['Publishing "dist": 2 files, 3.2 kB: all unchanged.']);
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
    sites.base = null;
    const again = await refused.site?.repack(around.ctx);
    if (again === undefined) throw new Error('it was not packed');
    expect(await publish(again)).toEqual({ 'index.html': text('index'), 'a.js': text('a') });
    sites.accepts = undefined;
    expect(await refused.site?.repack(around.ctx)).toBeUndefined();
  });

  test('is told apart by its case and its accents, with a warning', async () => {
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
    expect(around.lines).toContainEqual(
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
      'dist/_headers': '/*\n  X-A: b',
    });
    expect(await publish(await collect())).toEqual({ 'index.html': 'x', 'node_modules/a.js': 'y' });
    expect(around.lines).toEqual(
      expect.arrayContaining([
        'Left out of "dist": repositories (".git").',
        'Left out of "dist": hidden files (".htaccess"). To publish them, set site.dotfiles to true in appflux.json.',
        'Left out of "dist": source maps ("a.js.map"). To publish them, set site.sourceMaps to true in appflux.json.',
        'Left out of "dist": server code ("_worker.js"). AppFlux publishes files; it doesn’t run servers.',
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
    expect(await publish(await collect({ outputs: ['.'], buildCommand: null }))).toEqual({
      'index.html': 'x',
      'a.css': 'y',
    });
    expect(around.lines).toContain('Left out of ".": files with secrets (".env").');
  });
});

describe('no site', () => {
  test('is what an edge of an earlier version gets: a ZIP', async () => {
    sites.accepts = undefined;
    await write({ 'dist/index.html': 'x' });
    const artifact = await collect();
    expect(artifact).toMatchObject({ contentType: 'application/zip', meta: { entry: 'index.html' } });
    expect(artifact.site).toBeUndefined();
  });

  test('is what it gets, too, if it takes the place of a newer one meanwhile', async () => {
    await write({ 'dist/index.html': 'x' });
    const asked = vi.spyOn(connection, 'askForBase').mockResolvedValueOnce(null);
    expect(await collect()).toMatchObject({ contentType: 'application/zip' });
    expect(asked).toHaveBeenCalledTimes(1);
    asked.mockRestore();
  });

  test.each([
    [
      { 'dist/browser/index.html': 'x', 'dist/stats.json': '{}' },
      /"dist" has no index\.html.*"dist\/browser" has one/,
    ],
    [{ 'dist/Index.html': 'x' }, /It has "Index\.html": name the start page index\.html/],
    [{ 'dist/a.js': 'x' }, /If the site is in another folder, set outputs/],
  ])('is an output without a start page: %j', async (files, message) => {
    await write(files as Record<string, string>);
    expect(await collect()).toMatchObject({ contentType: 'application/zip' });
    expect(around.lines).toContainEqual(expect.stringMatching(message));
    expect(sites.questions).toEqual([]);
  });

  test('is a single file', async () => {
    await write({ 'out/page.html': 'x' });
    expect(await collect({ outputs: ['out/page.html'] })).toMatchObject({ name: 'page.html' });
    expect(around.lines).toContain(
      'Warning: "out/page.html" is not a folder with index.html, and not published as a site.',
    );
  });
});

describe('a base', () => {
  const manifest = { 'dist/index.html': text('index') };
  const sendsAll = async () => {
    const artifact = await collect();
    await publish(artifact);
    expect(sites.index).toMatchObject({ base: null, add: [{ path: 'index.html' }] });
    expect(around.lines[0]).toBe('The previous publication can’t be read, so all files are published again.');
  };

  beforeEach(async () => {
    await write(manifest);
    await publish(await collect());
  });

  test('that is gone from storage isn’t used', async () => {
    edge.sources.clear();
    await sendsAll();
    expect(journalLines.join('')).toContain('404');
    expect(journalLines.join('')).not.toContain('X-Amz-Signature');
  });

  test.each([
    ['of another content', (bytes: Buffer) => Buffer.from(bytes).fill(0)],
    ['that is cut off', (bytes: Buffer) => bytes.subarray(1)],
    ['that is longer', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(100_000)])],
  ])('%s isn’t used', async (_, change) => {
    for (const [name, bytes] of edge.sources) edge.sources.set(name, change(bytes));
    await sendsAll();
  });

  test('of another deployment isn’t used', async () => {
    if (sites.base !== null) sites.base = { ...sites.base, deploymentId: 'f'.repeat(24) };
    await sendsAll();
  });

  test('larger than any manifest isn’t downloaded', async () => {
    if (sites.base !== null) sites.base = { ...sites.base, size: 1e9 };
    await sendsAll();
  });

  test('that can’t be reached isn’t used', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as { port: number };
    await new Promise((resolve) => closed.close(resolve));
    if (sites.base !== null)
      sites.base = { ...sites.base, url: `http://127.0.0.1:${port}/x?X-Amz-Signature=7` };
    await sendsAll();
    expect(journalLines.join('')).toContain('ECONNREFUSED');
  });
});

describe('bad input', () => {
  beforeEach(() => write({ 'dist/index.html': 'x' }));

  test.each([
    ['a line break', 'a\r\nb.js'],
    ['a backslash', 'a\\b.js'],
    ['a bell', 'a\u{7}b.js'],
  ])('a name with %s is refused', async (_, name) => {
    await write({ [`dist/${name}`]: 'x' });
    const failure = await failureOf(collect());
    expect(failure).toMatchObject({ code: 'artifact_invalid' });
    expect(failure.message).not.toMatch(/\p{Cc}/u);
  });

  test('a name that isn’t UTF-8 is refused, an unpaired surrogate among them', async () => {
    for (const bytes of ['\\xff', '\\xed\\xa0\\x80']) {
      execFileSync('bash', ['-c', `touch "$1"/$'${bytes}'`, 'bash', join(root, 'dist')]);
      expect(await failureOf(collect())).toMatchObject({ code: 'artifact_invalid' });
      execFileSync('bash', ['-c', `rm "$1"/$'${bytes}'`, 'bash', join(root, 'dist')]);
    }
  });

  test('odd names that are names are published', async () => {
    const odd = [
      'a"b\'c.js',
      'a\u{202E}b.js',
      'a b+c%20d#e?f&g.js',
      `${'x'.repeat(255)}`,
      '-rf',
      'a..',
      '<b>.html',
      '日本.html',
    ];
    for (const name of odd) await write({ [`dist/${name}`]: name });
    const published = await publish(await collect());
    for (const name of odd) expect(Buffer.from(published[name] ?? '', 'latin1').toString()).toBe(name);
    expect(around.lines.join('')).not.toContain('\u{202E}');
  });

  test('a path of 300 characters is published, one of more than 1024 bytes refused', async () => {
    const folder = 'y'.repeat(200);
    await write({ [`dist/${folder}/${'x'.repeat(99)}`]: 'x' });
    expect(Object.keys(await publish(await collect()))).toHaveLength(2);
    await write({ [`dist/${Array.from({ length: 6 }, () => folder).join('/')}`]: 'x' });
    expect(await failureOf(collect())).toMatchObject({ code: 'artifact_invalid' });
  });

  test('a link out of the project, a circle, a pipe and a device are refused', async () => {
    const cases: [string, (path: string) => unknown][] = [
      ['outside the project', (path) => symlink('/etc/passwd', path)],
      ['outside the project', (path) => symlink('../../../..', path)],
      ['circular', (path) => symlink('.', path)],
      ['broken link', (path) => symlink('nothing', path)],
      ['outside the project', (path) => symlink('/dev/zero', path)],
      ['not a file or folder', (path) => execFileSync('mkfifo', [path])],
    ];
    for (const [message, make] of cases) {
      await make(join(root, 'dist/odd'));
      const failure = await failureOf(collect());
      expect(failure).toMatchObject({ code: 'artifact_invalid' });
      expect(failure.message).toContain(message);
      await rm(join(root, 'dist/odd'));
    }
  });

  test('a link inside the project is what it leads to', async () => {
    await write({ 'src/logo.svg': '<svg/>' });
    await symlink('../src/logo.svg', join(root, 'dist/logo.svg'));
    expect(await publish(await collect())).toEqual({ 'index.html': 'x', 'logo.svg': '<svg/>' });
  });

  test('more files than a site can have are refused before any is read', async () => {
    execFileSync('bash', [
      '-c',
      `mkdir "$1"; cd "$1"; seq ${MAX_SITE_FILES} | xargs touch`,
      'bash',
      join(root, 'dist/many'),
    ]);
    const failure = await failureOf(collect());
    expect(failure.message).toBe('The output has 20,001 files. A site can have 20,000.');
    expect(failure.hint).toMatch(/^Publish fewer files/);
    expect(sites.questions).toEqual([]);
    await rm(join(root, 'dist/many/1'));
    expect(await collect()).toMatchObject({ meta: { files: 20_000 } });
  });

  test('a sparse file of 3 GB is over the limit before it is read', async () => {
    await truncate(join(root, 'dist/index.html'), 3e9);
    expect((await failureOf(collect())).message).toContain('larger than 50 MB');
  });

  test('a large file is stored as it is, and not read into memory', async () => {
    await truncate(join(root, 'dist/index.html'), 40e6);
    await collect();
    const artifact = await collect();
    expect(artifact.size).toBeGreaterThan(40e6);
    await publish(artifact);
    expect(sites.index?.add).toMatchObject([
      { path: 'index.html', method: 'stored', length: 40e6, br: null },
    ]);
  });

  test('an abort ends the packing', async () => {
    const reason = new Error('stopped');
    await write({ 'dist/a.js': randomBytes(300_000).toString('hex') });
    const packing = collect();
    around.abort(reason);
    await expect(packing).rejects.toBe(reason);
  });
});

test('an Expo update is packed the same way, without rules and a start page', async () => {
  await write({ 'dist/metadata.json': '{"version":0}', 'dist/bundles/ios.hbc': text('bundle') });
  const { walkFolder } = await import('../collect/walk.ts');
  const files = await walkFolder(join(root, 'dist'), 'dist', {
    root,
    limits: COLLECT_LIMITS,
    maxBytes: 1e6,
    signal: around.ctx.signal,
    leaveOut: () => false,
  });
  const meta = { version: 0, bundler: 'metro' };
  const artifact = await packPublication(
    { kind: 'expo', files, rules: EMPTY_RULES, meta },
    {
      connection,
      attempt: 1,
      branch: null,
      journal,
      name: 'shop-1.0.0.zip',
      shown: 'dist',
      path: join(around.folder, 'pack'),
      maxBytes: 1e6,
    },
    around.ctx,
  );
  expect(artifact?.meta).toEqual({ files: 2, unpackedBytes: 13 + text('bundle').length });
  if (artifact !== undefined) await publish(artifact);
  expect(sites.manifest).toMatchObject({ kind: 'expo', meta });
});
