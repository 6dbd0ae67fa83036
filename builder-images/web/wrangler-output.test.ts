/** What the packagers of servers read of wrangler's configuration and of `.assetsignore`, without the image. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';

/** The packagers are plain JavaScript that the image runs; they have no types for this project's compiler. */
const packager = (name: string) => import(new URL(`./server/${name}`, import.meta.url).href);
const { ignoredIn } = await packager('assets-ignore.mjs');
const { makeContext } = await packager('context.mjs');
const { noLaterThanOurs, packModules, packWrangler, redirectedConfig, settingsOf } =
  await packager('wrangler-output.mjs');

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

async function folderOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-wrangler-'));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

describe('settingsOf', () => {
  test('reads how the server is run, and the bindings that AppFlux has', () => {
    const settings = settingsOf({
      compatibility_date: '2025-03-01',
      compatibility_flags: ['nodejs_compat'],
      vars: { GREETING: 'hello' },
      triggers: { crons: ['0 * * * *'] },
      kv_namespaces: [{ binding: 'SESSION' }],
      d1_databases: [{ binding: 'DB', database_name: 'main' }],
      assets: { directory: '../client', run_worker_first: ['/api/*'], not_found_handling: '404-page' },
    });
    expect(settings).toEqual({
      compatibilityDate: '2025-03-01',
      compatibilityFlags: ['nodejs_compat'],
      vars: { GREETING: 'hello' },
      crons: ['0 * * * *'],
      bindings: { SESSION: 'kv', DB: 'sqlite' },
      workerFirst: ['/api/*'],
      notFound: '404-page',
    });
  });

  test('takes the empty members that build tools write for nothing', () => {
    const empty = {
      durable_objects: { bindings: [] },
      queues: { producers: [], consumers: [] },
      r2_buckets: [],
      services: [],
      triggers: {},
      kv_namespaces: [],
    };
    expect(settingsOf(empty)).toMatchObject({
      bindings: {},
      crons: [],
      workerFirst: false,
      notFound: 'none',
    });
  });

  test.each([
    [{ r2_buckets: [{ binding: 'FILES', bucket_name: 'files' }] }, 'R2 (FILES)'],
    [{ durable_objects: { bindings: [{ name: 'ROOM', class_name: 'Room' }] } }, 'Durable Objects (ROOM)'],
    [{ queues: { producers: [{ binding: 'JOBS', queue: 'jobs' }], consumers: [] } }, 'Queues (JOBS)'],
    [{ ai: { binding: 'AI' } }, 'Workers AI (AI)'],
    [{ queues: { consumers: [{ queue: 'jobs' }] } }, 'Queues, which'],
  ])('refuses by name what AppFlux has nothing for: %j', (config, named) => {
    expect(() => settingsOf(config)).toThrow(`The server has a binding to ${named}`);
  });

  test('takes no date that a server host does not know', () => {
    expect(noLaterThanOurs('2999-01-01')).toBe(noLaterThanOurs(undefined));
    expect(noLaterThanOurs('2024-09-23')).toBe('2024-09-23');
  });
});

describe('ignoredIn', () => {
  const paths = async (files: readonly string[], rules: string) => {
    const isIgnored = await ignoredIn(await folderOf({ '.assetsignore': rules }));
    return files.filter((path) => !isIgnored(path));
  };

  test('leaves out what a build for Cloudflare puts beside the files', async () => {
    const rules = 'wrangler.json\n.dev.vars\n';
    const files = [
      '.assetsignore',
      '.dev.vars',
      '_headers',
      '_routes.json',
      '_worker.js/index.js',
      'index.html',
      'wrangler.json',
    ];
    expect(await paths(files, rules)).toEqual(['_headers', 'index.html']);
  });

  test('reads globs, folders, comments, and exceptions, of which the last decides', async () => {
    const rules = '# notes\n*.map\n!keep.map\ndrafts/\n/only-here.txt\nimages/*.raw\n';
    const files = ['a.map', 'deep/b.map', 'keep.map', 'drafts/x.html', 'deep/drafts/y.html', 'only-here.txt'];
    const stay = ['deep/only-here.txt', 'images/a.jpg', 'draft.html', 'deep/images/a.raw'];
    expect(await paths([...files, ...stay, 'images/a.raw'], rules)).toEqual(['keep.map', ...stay]);
  });

  test('leaves out nothing but its own without a file, and nothing deeper that has such a name', async () => {
    const isIgnored = await ignoredIn(await folderOf({}));
    expect(
      ['index.html', 'docs/_worker.js', 'docs/_routes.json', 'a/.assetsignore'].filter(isIgnored),
    ).toEqual([]);
  });
});

describe('a server with its wrangler.json', () => {
  const contextOf = async (files: Readonly<Record<string, string>>) =>
    makeContext({ kind: 'astro', entry: null }, await folderOf(files), await folderOf({}));

  test('is packed without what is no module of it', async () => {
    const config = { main: 'entry.mjs', no_bundle: true, assets: { directory: '../client' } };
    const ctx = await contextOf({
      'dist/server/wrangler.json': JSON.stringify(config),
      'dist/server/entry.mjs': 'export default {};',
      'dist/server/chunks/a.mjs': '',
      'dist/server/.dev.vars': 'SECRET=1',
      'dist/server/.vite/manifest.json': '{}',
    });
    const packed = await packWrangler(ctx, join(ctx.root, 'dist/server/wrangler.json'));
    expect(packed).toMatchObject({ main: 'entry.mjs', assets: join(ctx.root, 'dist/client') });
    expect((await readdir(packed.modules, { recursive: true })).sort()).toEqual([
      'chunks',
      'chunks/a.mjs',
      'entry.mjs',
    ]);
  });

  test('is refused if it has no main module', async () => {
    const ctx = await contextOf({ 'dist/wrangler.json': '{"assets":{"directory":"."}}' });
    await expect(packWrangler(ctx, join(ctx.root, 'dist/wrangler.json'))).rejects.toThrow(
      'The build made no server',
    );
  });

  test('is found by what the build left for wrangler', async () => {
    const link = '{"configPath":"../../dist/server/wrangler.json"}';
    const ctx = await contextOf({ '.wrangler/deploy/config.json': link });
    expect(await redirectedConfig(ctx)).toBe(join(ctx.root, 'dist/server/wrangler.json'));
    expect(await redirectedConfig(await contextOf({}))).toBeNull();
  });

  test('keeps its modules byte for byte', async () => {
    const ctx = await contextOf({ 'server/index.js': 'export default 1;\n' });
    const settings = { compatibilityDate: '2025-03-01', compatibilityFlags: [] };
    const { main, modules } = await packModules(ctx, join(ctx.root, 'server'), './index.js', settings);
    expect([main, await readFile(join(modules, main), 'utf8')]).toEqual(['index.js', 'export default 1;\n']);
  });
});
