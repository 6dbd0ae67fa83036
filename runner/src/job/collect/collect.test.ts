import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  chmod,
  link,
  mkdir,
  readdir,
  readFile,
  readlink,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Plan } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPromise } from 'yauzl';
import { failureOf, surroundings, type TestSurroundings } from '../prepare/testing/surroundings.ts';
import { type CollectInput, collectArtifacts } from './index.ts';
import { COLLECT_LIMITS } from './limits.ts';
import { listFolders } from './made-site.ts';

let around: TestSurroundings;
let root: string;

beforeEach(async () => {
  around = await surroundings();
  root = join(around.folder, 'source');
  await mkdir(root);
});

afterEach(() => around.remove());

async function write(files: Readonly<Record<string, string | Buffer>>, top = root): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(top, path)), { recursive: true });
    await writeFile(join(top, path), text);
  }
}

function collect(plan: Partial<Plan>, more: Partial<CollectInput> = {}, ctx = around.ctx) {
  return collectArtifacts(
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
      maxBytes: 10_000_000,
      outDir: around.workspace.scratch,
      mask: String,
      ...more,
    },
    ctx,
  );
}

/** What a ZIP holds, name by name, read by another program's rules. */
async function contentsOf(path: string): Promise<Record<string, string>> {
  const zip = await openPromise(path, { strictFileNames: true });
  const contents: Record<string, string> = {};
  for await (const entry of zip.eachEntry()) {
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk);
    contents[entry.fileName] = Buffer.concat(chunks).toString();
  }
  return contents;
}

const hashOf = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

describe('a site', () => {
  it('is packed into one ZIP, with size, SHA-256 and what is in it', async () => {
    await write({
      'dist/index.html': '<h1>Hi</h1>',
      'dist/assets/a.js': 'x'.repeat(5000),
      'dist/.well-known/x': 'y',
      'src/no.js': '',
    });
    const artifacts = await collect({});
    const [artifact] = artifacts;
    expect(artifacts).toHaveLength(1);
    expect(artifact).toMatchObject({
      name: 'shop-1.0.0.zip',
      contentType: 'application/zip',
      meta: { files: 3, unpackedBytes: 5012, entry: 'index.html' },
    });
    const path = artifact?.path ?? '';
    expect(await contentsOf(path)).toEqual({
      'index.html': '<h1>Hi</h1>',
      'assets/a.js': 'x'.repeat(5000),
      '.well-known/x': 'y',
    });
    expect(artifact?.sha256).toBe(await hashOf(path));
    expect(artifact?.size).toBe(readFileSync(path).length);
    expect(around.lines).toContain('Packing "dist": 3 files, 5.0 kB.');
    expect(around.lines.join()).not.toContain('Warning');
  });

  it('without a page to begin with is delivered, and the log warns that it may be a server program', async () => {
    await write({ 'dist/main.js': 'require("express")', 'dist/views/index.html': '' });
    const [artifact] = await collect({});
    expect(artifact?.meta).toEqual({ files: 2, unpackedBytes: 18 });
    expect(around.lines).toContainEqual(
      expect.stringMatching(
        /^Warning: "dist" has no index\.html, .* only published where detection recognizes it/,
      ),
    );
  });

  it('is the same ZIP for the same files, whenever and in whatever order they were made', async () => {
    await write({ 'dist/b.txt': 'b', 'dist/a/c.txt': 'c', 'dist/a.txt': 'a' });
    const [first] = await collect({});
    const other = join(around.folder, 'other');
    await write({ 'dist/a.txt': 'a', 'dist/a/c.txt': 'c', 'dist/b.txt': 'b' }, other);
    await utimes(join(other, 'dist/a.txt'), 1_000_000_000, 1_000_000_000);
    const [second] = await collect({}, { root: other, outDir: join(around.folder, 'out2') });
    expect(second?.sha256).toBe(first?.sha256);
  });

  it('is the same ZIP in every time zone', async () => {
    await write({ 'dist/a.txt': 'a' });
    const script = `
      import { packZip } from '${join(import.meta.dirname, 'pack.ts')}';
      import { walkFolder } from '${join(import.meta.dirname, 'walk.ts')}';
      import { COLLECT_LIMITS as limits } from '${join(import.meta.dirname, 'limits.ts')}';
      const { signal } = new AbortController();
      const [root, out] = process.argv.slice(1);
      const options = { root, limits, maxBytes: 1000, signal, leaveOut: () => false };
      const files = await walkFolder(root + '/dist', 'dist', options);
      console.log((await packZip(files, out, options)).sha256);`;
    const hashes = ['UTC', 'Pacific/Auckland', 'America/Los_Angeles'].map((TZ, index) =>
      execFileSync(
        process.execPath,
        ['--input-type=module', '-e', script, root, join(around.folder, `${index}.zip`)],
        { env: { ...process.env, TZ }, encoding: 'utf8' },
      ).trim(),
    );
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(hashes).size).toBe(1);
  });

  it('is one that other programs unpack', async () => {
    await write({ 'dist/index.html': 'x', 'dist/ünï cödé.txt': 'y' });
    const [artifact] = await collect({});
    const listing = execFileSync('python3', ['-m', 'zipfile', '-l', artifact?.path ?? ''], {
      encoding: 'utf8',
    });
    expect(listing).toContain('ünï cödé.txt');
  });

  it('is the first output that holds a file', async () => {
    await mkdir(join(root, 'empty'));
    await write({ 'out/index.html': 'out', 'dist/index.html': 'dist' });
    const [artifact] = await collect({ outputs: ['missing', 'empty', 'out', 'dist'] });
    expect(await contentsOf(artifact?.path ?? '')).toEqual({ 'index.html': 'out' });
  });

  it('may be named by a glob', async () => {
    await write({ 'dist/shop/browser/index.html': 'x', 'dist/stats.json': '{}' });
    const [artifact] = await collect({ outputs: ['dist/*/browser', 'dist'] });
    expect(await contentsOf(artifact?.path ?? '')).toEqual({ 'index.html': 'x' });
  });

  it('may be a link to a folder of the project, as Nuxt makes it', async () => {
    await write({ '.output/public/index.html': 'x' });
    await symlink('.output/public', join(root, 'dist'));
    const [artifact] = await collect({});
    expect(await contentsOf(artifact?.path ?? '')).toEqual({ 'index.html': 'x' });
  });

  it('at the top of the source comes without what is hidden, installed or ours', async () => {
    await write({
      'index.html': 'x',
      '.env': 'SECRET=1',
      '.git/config': '',
      'sub/.env.local': 'SECRET=2',
      'sub/a.txt': 'a',
      'sub/node_modules/x/y': '',
      'node_modules/x/y': '',
      'appflux.json': '{}',
      'sub/appflux.json': '{}',
      '.well-known/assetlinks.json': '[]',
    });
    const [artifact] = await collect({ outputs: ['.'], buildCommand: null });
    const names = Object.keys(await contentsOf(artifact?.path ?? ''));
    expect(names).toEqual(['.well-known/assetlinks.json', 'index.html', 'sub/a.txt', 'sub/appflux.json']);
    expect(around.lines.join()).toContain(
      'Left out of ".": ".env", ".git", "appflux.json", "node_modules", "sub/.env.local"',
    );
  });

  it('that was not built comes without what is hidden, in a folder, too', async () => {
    await write({ 'public/index.html': 'x', 'public/.env': 'SECRET=1' });
    const [artifact] = await collect({ outputs: ['public'], buildCommand: null });
    expect(Object.keys(await contentsOf(artifact?.path ?? ''))).toEqual(['index.html']);
  });

  it('is called by its commit where it has no version', async () => {
    await write({ 'dist/index.html': 'x' });
    const [artifact] = await collect({}, { version: null, commitHash: '0123456789abcdef' });
    expect(artifact?.name).toBe('shop-0123456.zip');
  });

  it('may be a file that an output names', async () => {
    await write({ 'site.pdf': 'x' });
    const [artifact] = await collect({ outputs: ['site.pdf'] });
    expect(artifact).toMatchObject({ name: 'site.pdf', contentType: 'application/pdf', size: 1, meta: {} });
  });
});

describe('files', () => {
  it('that globs name are artifacts of their own, once each, with unique names', async () => {
    await write({
      'app/out/release/app.apk': 'one',
      'app/out/debug/app.apk': 'two',
      'app/out/x.txt': '',
      'notes.txt': 'n',
    });
    const artifacts = await collect({
      type: 'android',
      outputs: ['app/out/**/*.apk', 'app/out/release/*', 'notes.txt'],
    });
    expect(artifacts.map(({ name, size, contentType }) => ({ name, size, contentType }))).toEqual([
      { name: 'app.apk', size: 3, contentType: 'application/vnd.android.package-archive' },
      { name: 'notes.txt', size: 1, contentType: 'text/plain' },
      { name: 'debug-app.apk', size: 3, contentType: 'application/vnd.android.package-archive' },
    ]);
    for (const { path, sha256 } of artifacts) expect(sha256).toBe(await hashOf(path));
    expect(artifacts[0]?.meta).toEqual({ platform: 'android', format: 'apk', variant: 'release' });
  });

  it('are copied out of the build’s reach', async () => {
    await write({ 'a.apk': 'one' });
    const [artifact] = await collect({ type: 'android', outputs: ['*.apk'] });
    await writeFile(join(root, 'a.apk'), 'changed');
    expect(await readFile(artifact?.path ?? '', 'utf8')).toBe('one');
  });

  it('in a folder that is named become a ZIP', async () => {
    await write({ 'bundle/app': 'x', 'bundle/lib/y': 'y' });
    const artifacts = await collect({ type: 'desktop', outputs: ['bundle'] });
    expect(artifacts.map(({ name }) => name)).toEqual(['shop-1.0.0-bundle.zip']);
    expect(await contentsOf(artifacts[0]?.path ?? '')).toEqual({ app: 'x', 'lib/y': 'y' });
  });

  it('that can be run stay so in the ZIP of a program, and are only read in that of a site', async () => {
    await write({ 'bundle/app': 'x', 'bundle/data.txt': 'y' });
    await chmod(join(root, 'bundle/app'), 0o755);
    const modes = async (type: Plan['type']) => {
      const [artifact] = await collect({ type, outputs: ['bundle'] });
      const zip = await openPromise(artifact?.path ?? '');
      const found: Record<string, string> = {};
      for await (const entry of zip.eachEntry()) {
        found[entry.fileName] = ((entry.externalFileAttributes >>> 16) & 0o777).toString(8);
      }
      return found;
    };
    expect(await modes('desktop')).toEqual({ app: '755', 'data.txt': '644' });
    expect(await modes('web')).toEqual({ app: '644', 'data.txt': '644' });
  });

  it('of node_modules and .git are not looked for, unless they are named', async () => {
    await write({ 'node_modules/x/a.apk': '', '.git/a.apk': '', 'a.apk': 'x' });
    expect(await collect({ type: 'android', outputs: ['**/*.apk'] })).toHaveLength(1);
    expect(await collect({ type: 'android', outputs: ['node_modules/x/*.apk'] })).toHaveLength(1);
  });

  it('beyond what a record takes are refused', async () => {
    await write(Object.fromEntries([1, 2, 3].map((i) => [`f${i}.apk`, 'x'])));
    const limits = { ...COLLECT_LIMITS, artifacts: 2 };
    const failure = await failureOf(collect({ type: 'android', outputs: ['*.apk'] }, { limits }));
    expect(failure).toMatchObject({
      code: 'artifact_invalid',
      message: 'The outputs match 3 files. The limit is 2.',
    });
  });
});

describe('an output that is not there', () => {
  it('fails with a message about what is there instead', async () => {
    await write({ 'dist/index.html': 'x', 'public/favicon.ico': '' });
    const failure = await failureOf(collect({ outputs: ['build/'] }));
    expect(failure).toMatchObject({
      code: 'no_artifact',
      message: 'The build created "dist", "public", but outputs is set to "build".',
      hint: 'If "dist" is the result of the build, set outputs to it in the app or in appflux.json.',
    });
  });

  it('names a folder of any name that has a start page', async () => {
    await write({
      'htdocs/index.html': 'x',
      'node_modules/a/index.html': '',
      '.cache/index.html': '',
      'src/a.ts': '',
    });
    const failure = await failureOf(collect({ outputs: ['build', 'dist'] }));
    expect(failure.message).toBe('The build created "htdocs", but outputs is set to "build", "dist".');
  });

  it('is not needed where the build has made one site, by any name', async () => {
    await write({ 'public/favicon.ico': 'x', 'docs/index.html': 'x' });
    const foldersBefore = await listFolders(root, around.ctx.signal);
    await write({ 'htdocs/index.html': 'odd', 'coverage/index.html': 'x' });
    const outputs = ['dist', 'public'];
    const [artifact] = await collect({ outputs }, { foldersBefore });
    expect(await contentsOf(artifact?.path ?? '')).toEqual({ 'index.html': 'odd' });
    expect(around.lines.join('')).toContain(
      'The build created no site in "dist", "public". Of the folders that it created, only "htdocs" has an index.html',
    );
    // Outputs that are set are looked for alone, and a site in one of them comes first.
    expect(await contentsOf((await collect({ outputs }))[0]?.path ?? '')).toEqual({ 'favicon.ico': 'x' });
    await write({ 'dist/index.html': 'usual' });
    const [usual] = await collect({ outputs }, { foldersBefore });
    expect(await contentsOf(usual?.path ?? '')).toEqual({ 'index.html': 'usual' });
  });

  it('is said not to be there where a folder with a page is the source’s', async () => {
    await write({ 'templates/index.html': 'x' });
    const foldersBefore = await listFolders(root, around.ctx.signal);
    expect(await failureOf(collect({ outputs: ['dist'] }, { foldersBefore }))).toMatchObject({
      message: 'The build succeeded but created none of the outputs. Looked for "dist".',
      hint: 'If "templates" is the result of the build, set outputs to it in the app or in appflux.json.',
    });
  });

  it('is named when there is nothing else', async () => {
    const failure = await failureOf(collect({ outputs: ['build', 'dist'] }));
    expect(failure.message).toBe(
      'The build succeeded but created none of the outputs. Looked for "build", "dist".',
    );
  });

  it('is called empty when it is', async () => {
    await mkdir(join(root, 'dist/sub'), { recursive: true });
    expect((await failureOf(collect({}))).message).toBe('The build succeeded, but "dist" is empty.');
  });

  it('is one when no file matches', async () => {
    const failure = await failureOf(collect({ type: 'android', outputs: ['app/**/*.apk'] }));
    expect(failure.code).toBe('no_artifact');
  });
});

describe('hostile output', () => {
  const refused = async (
    words: string,
    plan: Partial<Plan> = {},
    more: Partial<CollectInput> = {},
    ctx = around.ctx,
  ) => {
    const failure = await failureOf(collect(plan, more, ctx));
    expect(failure.code).toBe('artifact_invalid');
    expect(failure.message).toContain(words);
  };

  beforeEach(async () => {
    await write({ 'secret.txt': 'secret of the host' }, join(around.folder, 'host'));
    await write({ 'dist/index.html': 'x' });
  });

  it.each([
    ['relative', '../../host/secret.txt'],
    ['absolute', '/etc/hostname'],
    ['to a folder', '../../host'],
    ['by way of the project', '../../source/../host/secret.txt'],
  ])('with a link out of the project is refused: %s', async (_what, target) => {
    await symlink(target, join(root, 'dist/leak.txt'));
    await refused('"dist/leak.txt" is a link to a path outside the project');
  });

  it('that is itself a link out of the project is refused', async () => {
    await symlink('../host', join(root, 'out'));
    await refused('"out" is outside the project', { outputs: ['out'] });
    await refused('outside the project', { outputs: ['out/secret.txt'], type: 'android' });
    await refused('outside the project', { outputs: ['out/*.txt'], type: 'android' });
    await refused('outside the project', { outputs: ['o*'], type: 'android' });
  });

  it('in whose place the root directory leads elsewhere is refused', async () => {
    await write({ 'index.html': 'x' }, join(root, 'apps/web'));
    const inner = join(root, 'apps/web');
    expect(await collect({ outputs: ['.'] }, { root: inner })).toHaveLength(1);
    await rm(inner, { recursive: true });
    await refused('removed the root directory', { outputs: ['.'] }, { root: inner });
    await symlink(join(around.folder, 'host'), inner);
    await refused('replaced the root directory with a link', { outputs: ['.'] }, { root: inner });
    await rm(join(root, 'apps'), { recursive: true });
    await symlink(around.folder, join(root, 'apps'));
    await mkdir(join(around.folder, 'web'));
    await refused('replaced the root directory with a link', { outputs: ['.'] }, { root: inner });
  });

  it('with a link inside the project is packed with what it leads to', async () => {
    await write({ 'v2/a.txt': 'a' });
    await symlink('../v2', join(root, 'dist/latest'));
    await symlink('latest/a.txt', join(root, 'dist/b.txt'));
    const [artifact] = await collect({});
    expect(await contentsOf(artifact?.path ?? '')).toEqual({
      'b.txt': 'a',
      'index.html': 'x',
      'latest/a.txt': 'a',
    });
  });

  it('with links in a circle or to nowhere is refused', async () => {
    await symlink('.', join(root, 'dist/self'));
    await refused('is circular');
    await symlink('nowhere', join(root, 'dist/a'));
    await refused('"dist/a" is a broken link');
  });

  it('with a pipe is refused, and does not wait for a writer', async () => {
    execFileSync('mkfifo', [join(root, 'dist/pipe')]);
    await refused('"dist/pipe" is not a file or folder');
    await refused('not a file or folder', { type: 'android', outputs: ['dist/pipe'] });
  });

  it.runIf(process.getuid?.() === 0)('with a device is refused, and nothing is read from it', async () => {
    // The number of /dev/zero: a read would never end.
    execFileSync('mknod', [join(root, 'dist/device'), 'c', '1', '5']);
    await refused('"dist/device" is not a file or folder');
    await refused('not a file or folder', { type: 'android', outputs: ['dist/device'] });
  });

  it('that is a hard link is delivered as a copy: what is done to the other name afterwards changes nothing', async () => {
    await write({ 'other.apk': 'as built' });
    await link(join(root, 'other.apk'), join(root, 'app.apk'));
    const [artifact] = await collect({ type: 'android', outputs: ['app.apk'] });
    await writeFile(join(root, 'other.apk'), 'swapped during the upload');
    expect(await readFile(artifact?.path ?? '', 'utf8')).toBe('as built');
    expect(artifact?.sha256).toBe(await hashOf(artifact?.path ?? ''));
  });

  it('that is swapped before its upload is not what is uploaded: link, file and folder alike', async () => {
    await write({ 'app.apk': 'as built' });
    const [artifact] = await collect({ type: 'android', outputs: ['app.apk'] });
    for (const swap of [
      () => symlink('/etc/passwd', join(root, 'app.apk')),
      () => writeFile(join(root, 'app.apk'), 'another'),
      () => mkdir(join(root, 'app.apk')),
    ]) {
      await rm(join(root, 'app.apk'), { recursive: true, force: true });
      await swap();
      expect(await readFile(artifact?.path ?? '', 'utf8')).toBe('as built');
    }
  });

  it('named with CRLF is called something that forges neither a header nor a line of the log', async () => {
    const name = 'app\r\nX-Forged: 1\r\n\u202e.apk';
    await write({ [name]: 'x' });
    const [artifact] = await collect({ type: 'android', outputs: ['*.apk'] });
    expect(artifact?.name).toBe('appX-Forged- 1.apk');
    expect(around.lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('named after a secret is called by something else, in the record and in the log', async () => {
    await write({ 'app-hunter2.apk': 'x', 'hunter2/index.html': 'x' });
    const artifacts = await collect(
      { type: 'android', outputs: ['*.apk', 'hunter2'] },
      { mask: (text) => String(text).replaceAll('hunter2', '***') },
    );
    expect(artifacts.map(({ name }) => name).sort()).toEqual(['app--.apk', 'shop-1.0.0--.zip']);
  });

  it('with a name that cannot be published is refused', async () => {
    await write({ 'dist/a\nb': '' });
    await refused('a name that can’t be published');
  });

  it('with a name that is not UTF-8 is refused', async () => {
    await writeFile(Buffer.concat([Buffer.from(join(root, 'dist/')), Buffer.from([0xff, 0xfe])]), 'x');
    await refused('a name that can’t be published');
  });

  it('that is too large, unpacked, is refused before it is read', async () => {
    await truncate(join(root, 'dist/index.html'), 2 ** 40);
    await refused('larger than 10 MB');
  });

  it('that is too large, packed, is refused', async () => {
    const noise = createHash('sha512');
    const bytes = Buffer.concat(
      Array.from({ length: 200 }, (_, i) => noise.copy().update(String(i)).digest()),
    );
    await write({ 'dist/noise.bin': bytes });
    await refused('larger than', {}, { maxBytes: bytes.length + 50 });
  });

  it('that is too large as files is refused', async () => {
    await write({ 'a.apk': 'x'.repeat(60), 'b.apk': 'x'.repeat(60) });
    await refused('larger than 100 bytes', { type: 'android', outputs: ['*.apk'] }, { maxBytes: 100 });
  });

  it('of too many files, or too deep, is refused', async () => {
    await write(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`dist/f${i}`, ''])));
    await refused('more than 10 files', {}, { limits: { ...COLLECT_LIMITS, files: 10 } });
    await write({ [`deep/${'d/'.repeat(70)}x`]: '' });
    await refused('more than 64 folders deep', { outputs: ['deep'] });
  });

  it('that changes while it is packed is refused', async () => {
    await write({ 'dist/a.bin': Buffer.alloc(1_000_000), 'dist/z.txt': 'before' });
    // The log line comes between finding the files and reading them.
    const changing = (change: () => void) => {
      const log = (text: unknown) => {
        if (String(text).startsWith('Packing')) change();
      };
      return refused('changed while it was read', {}, {}, { ...around.ctx, log });
    };
    const path = join(root, 'dist/z.txt');
    await changing(() => execFileSync('sh', ['-c', `echo after > '${path}'`]));
    await changing(() => execFileSync('ln', ['-sf', '/etc/hostname', path]));
    await rm(path);
    await write({ 'other.txt': 'x' });
    await link(join(root, 'other.txt'), join(root, 'dist/y.txt'));
    await changing(() => execFileSync('rm', [join(root, 'dist/y.txt')]));
  });

  it('leaves no half-made archive open when the job is canceled', async () => {
    await write({ 'dist/big.bin': Buffer.alloc(5_000_000) });
    const reason = new Error('canceled by a test');
    const log = (text: unknown) => {
      if (String(text).startsWith('Packing')) around.abort(reason);
    };
    await expect(collect({}, {}, { ...around.ctx, log })).rejects.toBe(reason);
    // The descriptor of the listing itself is closed by the time that it is looked at.
    const descriptors = await readdir('/proc/self/fd');
    const open = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
    expect(open.filter((target) => target.startsWith(around.folder))).toEqual([]);
  });
});
