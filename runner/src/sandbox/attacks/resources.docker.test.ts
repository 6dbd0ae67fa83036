/** Builds that take what is everybody's: processes, memory, disk, log, time. */
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Stopped } from '../../stop.ts';
import { BuildBench, type BuildRun, plan } from '../../testing/build.ts';
import { ensureWebImage } from '../../testing/docker.ts';
import { attemptCacheFolder } from '../attempt-cache-folder.ts';
import { diskLimit } from '../disk/limit.ts';
import { ownFileSystems } from '../disk-watch.ts';
import { connectEngine } from '../engine.ts';

vi.setConfig({ testTimeout: 120_000 });

const engine = connectEngine();
const MEGABYTE = 1024 ** 2;
const GIGABYTE = 1024 ** 3;
let bench: BuildBench;

beforeAll(() => ensureWebImage(engine), 600_000);
beforeEach(() => {
  bench = new BuildBench(engine);
});
afterEach(() => bench.close());

const run = (buildCommand: string, input: Omit<BuildRun, 'plan'> = {}) =>
  bench.run({ ...input, plan: plan({ buildCommand }) });

describe('a fork bomb', () => {
  test('runs into the limit of its processes, leaves the host able to work, and ends with its build', async () => {
    let hostWorks: Promise<unknown> | undefined;
    const { text, failure, stop } = await run('bomb() { bomb | bomb & }; bomb; sleep 60', {
      limits: { pids: 64 },
      onLine: (line, controller) => {
        if (hostWorks !== undefined || !/fork: .*(unavailable|Cannot allocate)/.test(line)) return;
        hostWorks = execa('true').finally(() => controller.abort(new Stopped('timeout', 'test')));
      },
    });
    expect(text).toMatch(/fork: /);
    await hostWorks;
    expect(failure).toBe(stop.signal.reason);
  });
});

describe('8 GB of memory', () => {
  const ALLOCATE =
    'node --max-old-space-size=9000 -e "const a=[]; for(let i=0;i<512;i++) a.push(Buffer.alloc(16*2**20, 1))"';
  const limits = { memoryBytes: 256 * MEGABYTE };

  test('are not had: the build is killed and told so', async () => {
    const { failure } = await run(ALLOCATE, { limits });
    expect(failure).toMatch(/^out_of_memory: .* killed at the memory limit of 256 MiB/);
  });

  test('used by a child process are distinguished from a failing build, whatever its shell prints', async () => {
    const { failure } = await run(`${ALLOCATE}; echo "it went wrong"; exit 3`, { limits });
    expect(failure).toMatch(/^out_of_memory: /);
  });

  test('that an earlier command asked for in vain are not what a later one failed by', async () => {
    const { failure } = await bench.run({
      plan: plan({
        installCommand: `${ALLOCATE}; true`,
        // The engine's word of the first reaches the runner in its own time, and has to before the second ends.
        buildCommand: 'sleep 2; echo "error: no such module"; exit 3',
      }),
      limits,
    });
    expect(failure).toMatch(/^build_failed: .*no such module/);
  });

  test('are not had by way of /tmp, /dev/shm or the home either', async () => {
    const { output } = await run(
      'for place in /tmp ~ /dev/shm; do head -c 1200M /dev/zero > $place/f 2>/dev/null; du -m $place/f | cut -f1; rm $place/f; done',
      { limits: { memoryBytes: 3 * GIGABYTE } },
    );
    expect(output.map(Number)).toEqual([1024, 1024, 64]);
    const { failure } = await run('head -c 1000M /dev/zero > /tmp/f', { limits });
    expect(failure).toMatch(/^out_of_memory: /);
  });
});

describe('a full disk', () => {
  /** Why a tree gets no file system of its own here; null when it does. */
  const noOwnDisk = async () => {
    const limit = await diskLimit();
    return limit.kind === 'watch' ? limit.why : null;
  };
  const ownDisk = { ownDisk: true, limits: { diskBytes: 64 * MEGABYTE } } as const;

  test('is the build’s own: it cannot write a byte beyond its limit, and fails as disk_full', async ({
    skip,
  }) => {
    const why = await noOwnDisk();
    if (why !== null) return skip(why);
    const { failure, folder } = await run('head -c 500M /dev/zero > large || exit 5', ownDisk);
    expect(await ownFileSystems(folder)).toContainEqual(expect.objectContaining({ image: folder.image }));
    expect(failure).toMatch(/^disk_full: /);
    expect((await stat(folder.image)).blocks * 512).toBeLessThanOrEqual(64 * MEGABYTE);
  });

  test('ends there for installed packages as well', async ({ skip }) => {
    const why = await noOwnDisk();
    if (why !== null) return skip(why);
    const lockfile = { name: 'a', lockfileVersion: 3, packages: { '': { name: 'a' } } };
    const { failure, folder } = await bench.run({
      ...ownDisk,
      plan: plan({
        packageManager: 'npm',
        installCommand: 'npm ci',
        buildCommand: 'head -c 500M /dev/zero > node_modules/large || exit 5',
      }),
      files: async (root) => {
        await writeFile(join(root, 'package.json'), '{"name":"a"}');
        await writeFile(join(root, 'package-lock.json'), JSON.stringify(lockfile));
      },
    });
    expect(failure).toMatch(/^disk_full: /);
    const { packages } = attemptCacheFolder(folder.top);
    expect((await stat(packages.image)).blocks * 512).toBeLessThanOrEqual(64 * MEGABYTE);
  });

  test('is seen also where the build hides it, and ends a build that goes on regardless', async ({
    skip,
  }) => {
    const why = await noOwnDisk();
    if (why !== null) return skip(why);
    const hidden = await run(
      'head -c 500M /dev/zero > large 2>/dev/null; echo "something else"; exit 5',
      ownDisk,
    );
    expect(hidden.failure).toMatch(/^disk_full: .* filled its disk\. The limit is 64 MiB/);
    const stubborn = await run('head -c 500M /dev/zero > large 2>/dev/null; sleep 600', ownDisk);
    expect(stubborn.failure).toMatch(/^disk_full: The build filled its disk. Its limit is 64 MiB/);
  });

  test('of files without content is one as well', async ({ skip }) => {
    const why = await noOwnDisk();
    if (why !== null) return skip(why);
    const { failure } = await run('seq 100000 | xargs touch 2>/dev/null; exit 5', ownDisk);
    expect(failure).toMatch(/^disk_full: /);
  });

  test('without a file system of its own is noticed while it fills', async () => {
    const { failure } = await run(
      'i=0; while :; do head -c 20000000 /dev/zero > f$i; i=$((i+1)); sleep 0.05; done',
      { limits: { diskBytes: 300 * MEGABYTE } },
    );
    expect(failure).toMatch(/^disk_full: The build wrote .* Its limit is 300 MiB/);
  });
});

describe('200 MB of output', () => {
  test('are read without being kept: the log is cut at its limit and says so, the build goes on', async () => {
    const { failure, output, text } = await run(
      "yes 'all work and no play' | head -c 200M; echo the end > ended",
    );
    expect(failure).toBeNull();
    expect(Buffer.byteLength(output.join('\n'))).toBeLessThan(1.1e6);
    expect(text).toMatch(/further output is omitted/);
  });

  test('in one line are no different', async () => {
    const { failure, output } = await run("head -c 200M /dev/zero | tr '\\0' x");
    expect(failure).toBeNull();
    // The cap, and the end of the output.
    expect(Buffer.byteLength(output.join('\n'))).toBeLessThan(1.4e6);
  });
});

describe('a process that outlives its parent', () => {
  test('does not outlive its build', async () => {
    const { failure, root } = await run(
      '(setsid bash -c \'trap "" TERM HUP INT; while :; do echo x >> alive; sleep 0.05; done\' &) ; until [ -s alive ]; do sleep 0.05; done',
    );
    expect(failure).toBeNull();
    const then = (await readFile(join(root, 'alive'))).length;
    expect(then).toBeGreaterThan(0);
    // That nothing is written can only be had by letting time pass: ten times its pause.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await readFile(join(root, 'alive'))).length).toBe(then);
  });
});
