/** The packagers `node` and `worker` in the image: what they make of programs, and what they refuse. */
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ensureImages } from '../../e2e/kinds/container.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 600_000 });

const LISTEN = "require('node:http').createServer((q, s) => s.end('x')).listen(process.env.PORT);";

interface Project {
  readonly kind: 'node' | 'worker';
  readonly entry: string;
  readonly files: Readonly<Record<string, string>>;
}

const PROJECTS: Readonly<Record<string, Project>> = {
  plain: {
    kind: 'node',
    entry: 'bin/www',
    files: {
      'bin/www': `#!/usr/bin/env node\nvar app = require('../app');\napp.listen(80);`,
      'app.js': "module.exports = require('http').createServer((q, s) => s.end(__dirname));",
      'public/a.txt': 'a',
      'views/mail.mustache': 'Hello {{name}}',
    },
  },
  waiting: {
    kind: 'node',
    entry: 'index.mjs',
    files: {
      'index.mjs': `import http from 'node:http';
await new Promise((resolve) => setTimeout(resolve, 20));
http.createServer((q, s) => s.end()).listen(1);`,
    },
  },
  timers: {
    kind: 'node',
    entry: 'index.mjs',
    files: {
      'index.mjs': `import http from 'node:http';
const limit = setTimeout(() => { throw new Error('late'); }, 10_000);
setInterval(() => {}, 1000).unref();
await new Promise((resolve) => setImmediate(resolve));
clearTimeout(limit);
http.createServer((q, s) => s.end()).listen(1);`,
    },
  },
  typescript: {
    kind: 'node',
    entry: 'src/main.ts',
    files: {
      'src/main.ts': "import { start } from '#lib/start'; start(80 as number);",
      'src/lib/start.ts':
        "import http from 'node:http'; export const start = (port: number) => http.createServer().listen(port);",
      'tsconfig.json': '{ "compilerOptions": { "paths": { "#lib/*": ["./src/lib/*"] } } }',
    },
  },
  optional: {
    kind: 'node',
    entry: 'index.js',
    files: {
      'index.js': `require('framework'); ${LISTEN}`,
      'node_modules/framework/package.json': '{"name":"framework"}',
      'node_modules/framework/index.js':
        "try { require('not-installed'); } catch (error) { if (error.code !== 'MODULE_NOT_FOUND') throw error; }",
    },
  },
  'files that are no modules': {
    kind: 'node',
    entry: 'index.js',
    files: {
      'index.js': LISTEN,
      'public/broken.js': 'this is not JavaScript',
      'public/module.js': "import 'nowhere';",
      'public/script.js': 'var a = 1;',
      'data/broken.json': '{',
      'data/right.json': '{"a":1}',
    },
  },
  missing: { kind: 'node', entry: 'index.js', files: { 'index.js': `require('not-installed'); ${LISTEN}` } },
  unbuilt: { kind: 'node', entry: 'dist/main.js', files: {} },
  throwing: {
    kind: 'node',
    entry: 'index.js',
    files: {
      'index.js': `if (!process.env.DATABASE_URL) throw new Error('DATABASE_URL is not set'); ${LISTEN}`,
    },
  },
  processes: {
    kind: 'node',
    entry: 'index.js',
    files: { 'index.js': "require('./jobs');", 'jobs.js': `require('child_process').exec('ls'); ${LISTEN}` },
  },
  'processes in a package': {
    kind: 'node',
    entry: 'index.js',
    files: {
      'index.js': `require('open-browser'); ${LISTEN}`,
      'node_modules/open-browser/package.json': '{"name":"open-browser"}',
      'node_modules/open-browser/index.js':
        "const { spawn } = require('child_process'); exports.open = spawn;",
    },
  },
  native: {
    kind: 'node',
    entry: 'index.js',
    files: {
      'index.js': `require('hasher'); ${LISTEN}`,
      'node_modules/hasher/package.json': '{"name":"hasher"}',
      'node_modules/hasher/index.js': "module.exports = require('./build/Release/hasher.node');",
    },
  },
  'native code that is optional': {
    kind: 'node',
    entry: 'index.js',
    files: {
      'index.js': `require('socket'); require('./lib/isomorphic.node'); ${LISTEN}`,
      'lib/isomorphic.node.js': 'exports.x = 1;',
      'node_modules/socket/package.json': '{"name":"socket"}',
      'node_modules/socket/index.js': "try { require('fast-mask'); } catch { exports.slow = true; }",
      'node_modules/fast-mask/package.json': '{"name":"fast-mask"}',
      'node_modules/fast-mask/index.js': "module.exports = require('node-gyp-build')(__dirname);",
    },
  },
  worker: {
    kind: 'worker',
    entry: 'src/index.ts',
    files: {
      'wrangler.jsonc': JSON.stringify({
        name: 'x',
        main: 'src/index.ts',
        compatibility_date: '2025-06-01',
        alias: { thing: './src/thing.ts' },
        vars: { LEVEL: '1' },
        assets: { directory: './public', run_worker_first: ['/api/*'], not_found_handling: '404-page' },
        kv_namespaces: [{ binding: 'CACHE', id: 'x' }],
        d1_databases: [{ binding: 'DB', database_name: 'x', database_id: 'y' }],
        triggers: { crons: ['0 * * * *'] },
      }),
      'src/index.ts': "import { thing } from 'thing'; export default { fetch: () => new Response(thing) };",
      'src/thing.ts': "export const thing: string = 'thing';",
      'public/index.html': '<p>',
      'public/draft.html': '<p>',
      'public/.assetsignore': 'draft.html',
    },
  },
  exported: {
    kind: 'worker',
    entry: 'dist/index.js',
    files: {
      'dist/index.js': 'export default { fetch: () => new Response() };',
      'dist/assets/app.css': 'p{}',
    },
  },
  nothing: {
    kind: 'worker',
    entry: 'index.js',
    files: { 'index.js': 'export const app = { fetch: () => new Response() };' },
  },
};

let folder: string;

const inImage = (options: readonly string[], command: readonly string[]) =>
  execa('docker', [
    ...['run', '--rm', '--network', 'none', '-v', `${folder}:/workspace`, ...options],
    ...['appflux/web-builder', ...command],
  ]);

beforeAll(async () => {
  await ensureImages('web');
  folder = await mkdtemp(join(tmpdir(), 'appflux-programs-'));
  await chmod(folder, 0o755);
  const commands: string[] = [];
  for (const [name, { kind, entry, files }] of Object.entries(PROJECTS)) {
    const all = { 'package.json': '{"name":"site"}', ...files };
    for (const [path, text] of Object.entries(all)) {
      await mkdir(dirname(join(folder, name, path)), { recursive: true });
      await writeFile(join(folder, name, path), text);
    }
    const plan = JSON.stringify({ kind, entry });
    commands.push(
      `cd '/workspace/${name}' && export APPFLUX_SERVER='${plan}' APPFLUX_SERVER_WORK=$(mktemp -d)
       node /usr/local/lib/appflux/server/pack.mjs pack > log.txt 2>&1; echo $? > code.txt`,
    );
  }
  await inImage(['--user', '0'], ['chown', '-R', 'builder', '/workspace']);
  // One container for all, two projects at a time.
  const script = commands
    .map((command, index) => `(${command}) &${index % 2 === 1 ? ' wait' : ''}`)
    .join('\n');
  await inImage([], ['bash', '-c', `${script}\nwait`]);
  const copy = await mkdtemp(join(tmpdir(), 'appflux-packed-'));
  await cp(folder, copy, { recursive: true });
  await inImage(['--user', '0'], ['find', '/workspace', '-mindepth', '1', '-delete']);
  await rm(folder, { recursive: true });
  folder = copy;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const read = (name: string, path: string) => readFile(join(folder, name, path), 'utf8');

async function packed(name: string) {
  const log = await read(name, 'log.txt');
  expect({ code: (await read(name, 'code.txt')).trim(), log }).toMatchObject({ code: '0' });
  const spec = JSON.parse(await read(name, '.appflux-server/server.json'));
  const main = await read(name, `.appflux-server/modules/${spec.main}`);
  return { log, spec, main };
}

async function failure(name: string): Promise<string> {
  expect((await read(name, 'code.txt')).trim()).toBe('1');
  return read(name, 'log.txt');
}

describe('a server of Node', () => {
  test('is loaded with its packages, and finds its files', async () => {
    const { spec, main, log } = await packed('plain');
    expect(log).toContain('The files in public are served without the server.');
    expect(spec).toMatchObject({
      framework: 'Node',
      main: 'at-load.js',
      compatibilityFlags: expect.arrayContaining(['nodejs_compat', 'enable_nodejs_http_server_modules']),
    });
    expect(main).toContain('"/bundle"');
    expect(await read('plain', '.appflux-server/modules/public/a.txt')).toBe('a');
    expect(await read('plain', '.appflux-server/modules/views/mail.mustache')).toBe('Hello {{name}}');
    expect(await read('plain', '.appflux-server/assets/a.txt')).toBe('a');
  });

  test('is not ended by a file that it could read', async () => {
    const { log } = await packed('files that are no modules');
    expect(log).toContain("The server can't read public/broken.js, public/module.js: a Worker would");
    expect(log).toContain("The server can't read data/broken.json: a Worker would");
    const modules = '.appflux-server/modules';
    expect(await read('files that are no modules', `${modules}/public/script.js`)).toBe('var a = 1;');
    expect(await read('files that are no modules', `${modules}/data/right.json`)).toBe('{"a":1}');
    // They are served in any case.
    expect(await read('files that are no modules', '.appflux-server/assets/broken.js')).toContain('this is');
  });

  test('that waits before it listens is started by a request', async () => {
    const { spec, log } = await packed('waiting');
    expect(spec.main).toBe('on-request.js');
    expect(log).toContain('The server is started by its first request, because');
  });

  test('may set timers while it is loaded', async () => {
    expect((await packed('timers')).spec.main).toBe('at-load.js');
  });

  test('in TypeScript finds its modules by the paths of tsconfig', async () => {
    expect((await packed('typescript')).spec.main).toBe('at-load.js');
  });

  test('does without what its packages do without', async () => {
    expect((await packed('optional')).main).toContain('MODULE_NOT_FOUND');
    await packed('processes in a package');
    await packed('native code that is optional');
  });

  test.each([
    ['missing', 'The server can\'t be bundled: Could not resolve "not-installed" (index.js:1)'],
    ['unbuilt', 'Error: The build made no dist/main.js, which starts the server'],
    ['throwing', 'Error: The server throws while it loads: Error: DATABASE_URL is not set'],
    [
      'processes',
      "Error: The server can't run: jobs.js imports node:child_process, which starts other programs",
    ],
    ['native', 'Error: The server uses hasher, which has native code'],
  ])('is refused where it can’t run: %s', async (name, message) => {
    const log = await failure(name);
    expect(log).toContain(message);
    expect(log).toContain('What to do: ');
  });
});

describe('a Worker', () => {
  test('is bundled as its configuration says', async () => {
    const { spec, main } = await packed('worker');
    expect(spec).toEqual({
      version: 1,
      framework: 'Worker',
      main: 'index.js',
      compatibilityDate: '2025-06-01',
      compatibilityFlags: [],
      assets: { workerFirst: ['/api/*'], notFound: '404-page' },
      vars: { LEVEL: '1' },
      bindings: { CACHE: 'kv', DB: 'sqlite' },
      crons: ['0 * * * *'],
    });
    expect(main).toContain('thing');
    expect(await read('worker', '.appflux-server/assets/index.html')).toBe('<p>');
    await expect(read('worker', '.appflux-server/assets/draft.html')).rejects.toThrow('ENOENT');
  });

  test('without a configuration is published with the files beside it, not as one of them', async () => {
    const { spec } = await packed('exported');
    expect(spec).toMatchObject({ compatibilityFlags: ['nodejs_compat'], assets: { workerFirst: false } });
    expect(await read('exported', '.appflux-server/assets/assets/app.css')).toBe('p{}');
    await expect(read('exported', '.appflux-server/assets/index.js')).rejects.toThrow('ENOENT');
  });

  test('has to export a handler', async () => {
    expect(await failure('nothing')).toContain('The server exports no handler: its main module exports app');
  });
});
