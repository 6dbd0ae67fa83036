/** What all packagers of servers share, in the image: the hooks, the bundler, the output, and the start in workerd. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { ensureImages } from '../../e2e/kinds/container.ts';

vi.setConfig({ testTimeout: 120_000 });

const IMAGE = 'appflux/web-builder';
const KINDS = '/usr/local/lib/appflux/server/kinds';
const folders: string[] = [];

beforeAll(() => ensureImages('web'), 600_000);
afterEach(async () => {
  // The build has written as another user.
  for (const folder of folders.splice(0)) {
    await inContainer(folder, ['--user', '0'], ['rm', '-rf', '/workspace/source']);
    await rm(folder, { recursive: true, force: true });
  }
});

/** A kind of the test's own: it bundles `worker.js`, or hands over `modules` as they are. */
const KIND = `import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from '../bundle.mjs';
export const environment = () => ({ GREETING: "it's hello" });
export const adapters = ['esbuild'];
export const swaps = () => ({ 'their-adapter': join(import.meta.dirname, '..', 'failure.mjs') });
export async function pack(ctx) {
  const bundled = existsSync(join(ctx.root, 'worker.js'))
    ? await bundle(ctx, { entry: join(ctx.root, 'worker.js') })
    : { main: 'main.js', modules: join(ctx.root, 'modules'), compatibilityFlags: ['nodejs_compat'] };
  return { ...bundled, assets: existsSync(join(ctx.root, 'public')) ? join(ctx.root, 'public') : null };
}
`;

const inContainer = (folder: string, options: readonly string[], command: readonly string[]) =>
  execa(
    'docker',
    ['run', '--rm', '--network', 'none', '-v', `${folder}:/workspace`, ...options, IMAGE, ...command],
    { all: true, reject: false },
  );

interface Packed {
  readonly exitCode: number | undefined;
  readonly log: string;
  /** The folder of the project. */
  readonly source: string;
}

/** Builds a project of these files as the runner does. */
async function pack(
  files: Readonly<Record<string, string>>,
  { build = '', env = {} }: { build?: string; env?: Readonly<Record<string, string>> } = {},
): Promise<Packed> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-server-'));
  folders.push(folder);
  await chmod(folder, 0o755);
  const source = join(folder, 'source');
  const all = { 'package.json': '{"type":"module"}', ...files };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(source, path)), { recursive: true });
    await writeFile(join(source, path), text);
  }
  const kind = join(folder, 'tested.mjs');
  await writeFile(kind, KIND);
  await inContainer(folder, ['--user', '0'], ['chown', '-R', 'builder', '/workspace/source']);
  const server = JSON.stringify({ kind: 'tested', entry: null });
  const variables = { ...env, APPFLUX_MARK: 'MARK', APPFLUX_SERVER: server, APPFLUX_BUILD_COMMAND: build };
  const { exitCode, all: log } = await inContainer(
    folder,
    [
      ...['-v', `${kind}:${KINDS}/tested.mjs:ro`, '-w', '/workspace/source'],
      ...Object.entries(variables).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
    ],
    [],
  );
  return { exitCode, log: log ?? '', source };
}

describe('a server', () => {
  test('is packed with its source maps and files apart', async () => {
    const { exitCode, log, source } = await pack({
      'worker.js':
        "import { join } from 'node:path';\nimport { hello } from './hello.js';\nexport default { fetch: () => new Response(hello(join('a', 'b'))) };",
      'hello.js': 'export const hello = (name) => "hello " + name;',
      'public/a/b.txt': 'text',
    });
    expect(exitCode, log).toBe(0);
    const output = join(source, '.appflux-server');
    const files = await readdir(output, { recursive: true });
    expect(files).toEqual(
      expect.arrayContaining(['assets/a/b.txt', 'maps/worker.js.map', 'modules/worker.js', 'server.json']),
    );
    expect(await readFile(join(output, 'modules/worker.js'), 'utf8')).not.toContain('sourceMappingURL');
    const map = JSON.parse(await readFile(join(output, 'maps/worker.js.map'), 'utf8'));
    expect(map.sources).toEqual(expect.arrayContaining(['hello.js', 'worker.js']));
    expect(map).not.toHaveProperty('sourcesContent');
    expect(log).toMatch(/MARK begin prepare\nMARK end prepare 0\nMARK begin server\n/);
    expect(log).toContain('Packed the server: 1 module, 1 file beside it.');
    expect(log).toMatch(/Loaded the server once: \d\.\d s of CPU time\.\nMARK end server 0/);
  });

  test('is built with the variables of its kind, and may import the packages of the image', async () => {
    const build = `node -e "import('esbuild').then(async (e) => console.log(process.env.GREETING, typeof e.build, (await import('their-adapter')).PackFailure.name))"`;
    const files = {
      'modules/main.js': 'export default { fetch() {} };',
      'node_modules/their-adapter/index.js': 'throw new Error("not swapped")',
    };
    for (const node of ['', '/usr/local/node/20/bin', '/usr/local/node/22/bin']) {
      const { log } = await pack(files, {
        build,
        env: { APPFLUX_PATH: node, NODE_OPTIONS: '--no-warnings' },
      });
      expect(log, node).toContain("it's hello function PackFailure");
    }
  });

  test('whose build fails is not packed', async () => {
    const { exitCode, log } = await pack({ 'worker.js': 'export default {};' }, { build: 'exit 3' });
    expect(exitCode).toBe(3);
    expect(log).not.toContain('begin server');
  });
});

describe('a server that can’t start fails its build', () => {
  test.each([
    [
      'it throws',
      'throw new TypeError("no database");\nexport default {};',
      'Error: The server throws while it loads: TypeError: no database (main.js:1:7)',
    ],
    [
      'it exports no handler',
      'export const x = 1;\nexport default 5;',
      'Error: The server exports no handler: its main module exports',
    ],
    ['it can’t be compiled', 'export default {', 'Error: The server'],
    ['a module is missing', "import './gone.js';\nexport default { fetch() {} };", 'Error: The server'],
    [
      'it starts a timer',
      'setTimeout(() => {}, 10);\nexport default { fetch() {} };',
      'Error: The server throws while it loads: Error: Disallowed operation',
    ],
  ])('%s', async (_, text, message) => {
    const { exitCode, log } = await pack({ 'modules/main.js': text });
    expect(exitCode, log).toBe(1);
    expect(log).toContain(message);
    expect(log).toMatch(/\nWhat to do: .+\nMARK end server 1/);
  });

  test('where in the source is said', async () => {
    const { log } = await pack({
      'worker.js': "import { db } from './src/db.js';\nexport default { fetch: () => new Response(db) };",
      'src/db.js':
        '// The database.\n\nexport const db = connect();\nfunction connect() {\n  throw new Error("no database");\n}',
    });
    expect(log).toMatch(/The server throws while it loads: Error: no database \(src\/db\.js:5:9\)/);
    expect(log).toMatch(/at src\/db\.js:3:19/);
  });

  test('it has 200 MB of modules, of which the largest are named', async () => {
    const { exitCode, log } = await pack(
      { 'modules/main.js': 'export default { fetch() {} };' },
      { build: 'head -c 200000000 /dev/zero > modules/data.bin' },
    );
    expect(exitCode).toBe(1);
    expect(log).toContain(
      'Error: The modules of the server take 191 MiB. The limit is 32 MiB. The largest: data.bin (200.0 MB)',
    );
  });

  test('but not one whose default export is a class', async () => {
    const text =
      "import { WorkerEntrypoint } from 'cloudflare:workers';\nexport default class extends WorkerEntrypoint { fetch() {} };\nexport class Other {}";
    const { exitCode, log } = await pack({ 'modules/main.js': text });
    expect(exitCode, log).toBe(0);
  });

  test('and a package that no Worker can have is named', async () => {
    const { exitCode, log } = await pack({
      'worker.js': "import './native.node';\nexport default { fetch() {} };",
      'native.node': 'ELF',
    });
    expect(exitCode).toBe(1);
    expect(log).toMatch(/Error: The server can't be bundled: .*native\.node/);
  });
});

test('an unknown kind is refused with what to do', async () => {
  const { stdout, stderr } = await inContainer(
    tmpdir(),
    ['-e', 'APPFLUX_MARK=MARK', '-e', 'APPFLUX_SERVER={"kind":"cobol","entry":null}'],
    [],
  );
  expect(stdout).toContain('MARK end prepare 1');
  expect(stderr).toContain('This builder image can\'t pack servers of the kind "cobol"');
});
