import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { warnOfHistory } from '../job/history-trace.ts';
import { removeAttemptFolder } from '../sandbox/attempt-folder.ts';
import { connectEngine } from '../sandbox/engine.ts';
import { Stopped } from '../stop.ts';
import { BuildBench, type BuildRun, plan } from '../testing/build.ts';
import { ensureWebImage } from '../testing/docker.ts';

vi.setConfig({ testTimeout: 120_000 });

const engine = connectEngine();
const FIXTURE = fileURLToPath(new URL('../../fixtures/react-vite', import.meta.url));

let bench: BuildBench;

const run = (input: BuildRun) => bench.run(input);

beforeAll(() => ensureWebImage(engine), 600_000);
beforeEach(() => {
  bench = new BuildBench(engine);
});
afterEach(() => bench.close());

describe('a real project', () => {
  test('is installed and built, with the runner’s proxy as its only way out', async () => {
    const { text, failure, root } = await run({
      plan: plan({ packageManager: 'npm', installCommand: 'npm ci', buildCommand: 'npm run build' }),
      files: (folder) => cp(FIXTURE, folder, { recursive: true }),
    });
    expect(failure, text).toBeNull();
    expect(await readFile(join(root, 'dist/index.html'), 'utf8')).toContain('/assets/');
    expect(text).toMatch(/^\$ npm ci$/m);
    expect(text).toMatch(/^Installed in \d/m);
    expect(text).toMatch(/vite v8/);
  });

  test('that fails says so in the words of its tool', async () => {
    const { failure } = await run({
      plan: plan({ packageManager: 'npm', installCommand: 'npm ci', buildCommand: 'npm run build' }),
      files: async (folder) => {
        await cp(FIXTURE, folder, { recursive: true });
        await writeFile(join(folder, 'src/main.jsx'), "import '../job/missing.js';\n");
      },
    });
    expect(failure).toMatch(
      /^build_failed: The build command \(npm run build\) ended with exit code 1: .*missing\.js/,
    );
  });

  test('whose lockfile does not fit fails in its install', async () => {
    const { failure } = await run({
      plan: plan({ packageManager: 'npm', installCommand: 'npm ci', buildCommand: 'npm run build' }),
      files: async (folder) => {
        await cp(FIXTURE, folder, { recursive: true });
        const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
        manifest.dependencies.preact = '10.0.0';
        await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
      },
    });
    expect(failure).toMatch(
      /^install_failed: The install command \(npm ci\) ended with exit code 1: .*(preact|lock file)/,
    );
  });
});

describe('a build', () => {
  test('has its variables, and shows none of their values', async () => {
    const { text, root } = await run({
      plan: plan({
        buildCommand:
          'echo "key=$API_KEY"; echo "$API_KEY" | base64; printf %s "$API_KEY" > key; env | grep ^APPFLUX',
      }),
      variables: { API_KEY: 'hunter2-and-more', APPFLUX_BRANCH: 'forged' },
    });
    expect(await readFile(join(root, 'key'), 'utf8')).toBe('hunter2-and-more');
    expect(text).toContain('key=***');
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain(Buffer.from('hunter2-and-more').toString('base64').slice(0, 16));
    expect(text).not.toContain('forged');
    expect(text).not.toMatch(/APPFLUX_(MARK|IGNORE_COMMAND|INSTALL_COMMAND|BUILD_COMMAND)/);
    expect(text).toContain('APPFLUX_APP=my-app');
  });

  test('with a server packs it, though no command runs', async () => {
    const server = { kind: 'worker', entry: 'worker.js' } as const;
    const files = (text: string) => async (folder: string) => {
      await writeFile(join(folder, 'package.json'), '{"type":"module"}');
      await writeFile(join(folder, 'worker.js'), text);
    };
    const packed = await run({
      plan: plan({ server }),
      files: files('export default { fetch: () => new Response("hello") };'),
    });
    expect(packed.failure, packed.text).toBeNull();
    expect(packed.text).toMatch(/Packing the server of the site…\n(?:.*\n)*Packed in \d/);
    const spec = await readFile(join(packed.root, '.appflux-server/server.json'), 'utf8');
    expect(JSON.parse(spec)).toMatchObject({ version: 1, main: 'worker.js' });
    const throwing = await run({
      plan: plan({ server }),
      files: files('throw new Error("no database");\nexport default { fetch() {} };'),
    });
    expect(throwing.failure).toBe(
      'build_failed: The server throws while it loads: Error: no database (worker.js:1:7)',
    );
  });

  test('with a server is refused in an image without a packager', async () => {
    const { failure } = await run({
      plan: plan({ image: 'debian:bookworm-slim', server: { kind: 'worker', entry: 'worker.js' } }),
      settings: { images: 'debian:*' },
    });
    expect(failure).toBe('settings_invalid: The image debian:bookworm-slim can’t pack the server of a site');
  });

  test('without commands needs no container', async () => {
    const { failure, text } = await run({ plan: plan({ image: 'appflux/never-built-builder' }) });
    expect(failure).toBeNull();
    expect(text).toContain('Nothing to install or build');
  });

  test('reaches no host that is not allowed, and the log names it', async () => {
    const { failure, text } = await run({
      plan: plan({
        buildCommand:
          'node -e "fetch(\'https://example.org/\').catch((e) => { console.log(e.message); process.exit(9) })"',
      }),
    });
    expect(failure).toMatch(/exit code 9/);
    expect(text).toMatch(/Network:.*example\.org/);
  });

  test.each([
    ['none', /Builds have no network/, ['lo']],
    ['bridge', /Builds have unrestricted network access/, ['eth0', 'lo']],
    ['proxy', /\$ ls/, ['lo']],
  ])('has the network that the owner of the host has set: %s', async (network, expected, interfaces) => {
    const { text, lines } = await run({
      plan: plan({ buildCommand: 'ls -1 /sys/class/net' }),
      settings: { network },
    });
    expect(text).toMatch(expected);
    expect(lines.filter(({ stream }) => stream === 'stdout').map((line) => line.text)).toEqual(interfaces);
  });

  test('over its memory limit fails as out_of_memory', async () => {
    const { failure } = await run({
      plan: plan({
        buildCommand: 'node --max-old-space-size=4000 -e "const a=[]; for(;;) a.push(Buffer.alloc(16e6, 1))"',
      }),
      limits: { memoryBytes: 128 * 1024 ** 2 },
    });
    expect(failure).toMatch(/^out_of_memory: .* at the memory limit of 128 MiB/);
  });

  test('over the heap of its runtime fails as out_of_memory, too', async () => {
    const { failure } = await run({
      plan: plan({
        buildCommand: 'node --max-old-space-size=30 -e "const a=[]; for(;;) a.push({a:[1,2,3]})"',
      }),
    });
    expect(failure).toMatch(/^out_of_memory: .*Node ran out of heap memory/);
  });

  test('over its disk is stopped', async () => {
    const { failure } = await run({
      plan: plan({
        buildCommand: 'i=0; while :; do head -c 20000000 /dev/zero > f$i; i=$((i+1)); sleep 0.05; done',
      }),
      limits: { diskBytes: 300 * 1024 ** 2 },
    });
    expect(failure).toMatch(/^disk_full: The build wrote .* Its limit is 300 MiB/);
  });

  test('in an image that the runner does not allow, or does not have, does not begin', async () => {
    const foreign = await run({ plan: plan({ image: 'debian:bookworm-slim', buildCommand: 'true' }) });
    expect(foreign.failure).toMatch(/^settings_invalid: This runner doesn’t allow the image debian/);
    const missing = await run({ plan: plan({ image: 'appflux/no-such-builder', buildCommand: 'true' }) });
    expect(missing.failure).toMatch(/^image_unavailable: /);
  });

  test('that is canceled ends, and leaves nothing that cannot be removed', async () => {
    const { failure, stop, folder, host } = await run({
      plan: plan({
        buildCommand:
          'mkdir -p deep/$(printf "d/%.0s" $(seq 900)) && ln -s / root && chmod 0 deep; echo ready; sleep 600',
      }),
      onLine: (text, controller) => {
        if (text === 'ready') controller.abort(new Stopped('canceled', 'test'));
      },
    });
    expect(failure).toBe(stop.signal.reason);
    await removeAttemptFolder(engine, host.runnerId, folder.top);
    await expect(readdir(folder.top)).rejects.toThrow('ENOENT');
    expect((await readdir('/')).length).toBeGreaterThan(5);
  });

  test('that asks a shallow repository for its history gets a warning', async () => {
    const script = "require('child_process').execSync('git rev-list --count HEAD', { stdio: 'inherit' })";
    const { failure, output, folder, root } = await run({
      plan: plan({ buildCommand: `git rev-parse HEAD > head && node -e "${script}"` }),
      isShallow: true,
      files: async (source) => {
        const git = (...args: string[]) => execa('git', args, { cwd: source });
        await git('init', '--quiet');
        await git(
          '-c',
          'user.name=T',
          '-c',
          'user.email=t@t',
          'commit',
          '--quiet',
          '--allow-empty',
          '-m',
          'One',
        );
      },
    });
    expect([failure, output]).toEqual([null, ['1']]);
    const told: string[] = [];
    const source = { commitHash: null, commitMessage: null, branch: null, root, isShallow: true };
    await warnOfHistory(source, folder.workspace, { log: (text) => told.push(String(text)) });
    expect(told).toEqual([
      expect.stringContaining(
        'The build ran `git rev-list --count HEAD` in a clone without the whole history.',
      ),
    ]);
  });

  test('runs in the root directory of its project', async () => {
    const { failure, text } = await run({
      plan: plan({ buildCommand: 'pwd; ls' }),
      files: (folder) => mkdir(join(folder, 'somewhere')),
    });
    expect(failure).toBeNull();
    expect(text).toMatch(/^\/workspace$/m);
    expect(text).toMatch(/^somewhere$/m);
  });
});

describe('an ignore command', () => {
  const project = plan({ installCommand: 'echo installing', buildCommand: 'echo building' });

  test('that succeeds skips the build, for that reason', async () => {
    const { failure, skip, lines } = await run({ plan: project, ignoreCommand: 'test "$CI" = true' });
    expect(failure).toBeNull();
    expect(skip).toEqual({ reason: 'ignoreCommand (test "$CI" = true) ended with exit code 0' });
    expect(lines.filter(({ stream }) => stream === 'stdout')).toEqual([]);
  });

  test('that fails lets the build continue; the log explains that there is no repository for Git', async () => {
    const { failure, skip, text } = await run({
      plan: project,
      ignoreCommand: 'git diff --quiet HEAD^ HEAD',
    });
    expect([failure, skip]).toEqual([null, undefined]);
    expect(text).toMatch(/has no Git repository \(\.git\)/);
    expect(text).toMatch(/The ignore command ended with exit code \d+ after .*: continuing the build\./);
    expect(text).toMatch(/^installing$[\s\S]*^building$/m);
  });

  test('is asked although there is nothing to build', async () => {
    const yes = await run({ plan: plan(), ignoreCommand: 'true' });
    expect(yes.skip?.reason).toBe('ignoreCommand (true) ended with exit code 0');
    expect(yes.text).not.toContain('delivered as they are');
    const no = await run({ plan: plan(), ignoreCommand: 'false' });
    expect([no.failure, no.skip]).toEqual([null, undefined]);
    expect(no.text).toContain('the files are delivered as they are');
  });

  test('that is killed at the memory limit has given no answer: the build goes on', async () => {
    const { failure, skip } = await run({
      plan: project,
      ignoreCommand: 'node --max-old-space-size=4000 -e "const a=[]; for(;;) a.push(Buffer.alloc(16e6, 1))"',
      limits: { memoryBytes: 128 * 1024 ** 2 },
    });
    expect([failure, skip]).toEqual([null, undefined]);
  });
});
