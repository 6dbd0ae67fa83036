import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CLOSE } from '@appflux/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { fromBuffer } from 'yauzl';
import { ZipFile } from 'yazl';
import { connectEngine } from './sandbox/engine.ts';
import { containersOf, ensureWebImage } from './testing/docker.ts';
import type { FakeAttempt } from './testing/fake-attempt.ts';
import { FAKE_RUNNER_ID, FakeEdge } from './testing/fake-edge.ts';
import { sampleGrant, sampleJob } from './testing/sample-job.ts';

vi.setConfig({ testTimeout: 120_000 });

const CLI = fileURLToPath(new URL('cli.ts', import.meta.url));
const FIXTURE = fileURLToPath(new URL('testing/fixtures/react-vite', import.meta.url));
const engine = connectEngine();

let edge: FakeEdge;
let state: string;
const processes: Runner[] = [];

interface Runner {
  readonly child: ChildProcess;
  /** Everything that it has printed. */
  output: string;
  readonly exit: Promise<number | null>;
}

function cli(...args: string[]): Runner {
  const child = spawn(process.execPath, [CLI, ...args, '--state', state], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  const runner: Runner = { child, output: '', exit };
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data: Buffer) => {
      runner.output += data.toString();
    });
  }
  processes.push(runner);
  return runner;
}

async function registered() {
  const runner = cli(
    'register',
    '--url',
    edge.url.href,
    '--token',
    'registration-token',
    '--name',
    'local-1',
    '--labels',
    'linux',
    '--slots',
    '1',
  );
  expect(await runner.exit, runner.output).toBe(0);
}

const until = (holds: () => boolean | Promise<boolean>, what: () => string) =>
  vi.waitFor(
    async () => {
      if (!(await holds())) throw new Error(what());
    },
    { timeout: 60_000, interval: 20 },
  );

async function started(): Promise<Runner> {
  const hellos = () => edge.poolFrames.filter(({ type }) => type === 'hello').length;
  const before = hellos();
  const runner = cli('start');
  await until(
    () => hellos() > before,
    () => runner.output,
  );
  return runner;
}

/** Puts a source into the fake edge's storage and hands out a grant for it. */
async function grantFor(
  files: Record<string, string>,
  change: Parameters<typeof sampleGrant>[0] = {},
): Promise<FakeAttempt> {
  const zip = new ZipFile();
  for (const [name, text] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name);
  zip.end();
  const bytes = await buffer(zip.outputStream);
  edge.sources.set('source.zip', bytes);
  const source = {
    kind: 'upload' as const,
    url: edge.sourceUrl('source.zip'),
    name: 'source.zip',
    size: bytes.length,
    sha256: null,
    rootDirectory: './',
  };
  return edge.grant(sampleGrant(change, { ...sampleJob(), source }));
}

/** A project whose build prints `started` and then goes on for ever, deaf to TERM. */
const ENDLESS = {
  'package.json': '{"name":"endless","version":"1.0.0"}',
  'appflux.json': JSON.stringify({
    installCommand: 'true',
    buildCommand: "trap '' TERM; echo started; while :; do sleep 0.1; done",
    outputs: ['dist'],
  }),
};

/** Whether the build itself has said so: the log also shows its command. */
const hasStarted = (attempt: FakeAttempt) => attempt.lines.some(({ text }) => text === 'started');

/** The whole project of the fixture. */
async function fixture(): Promise<Record<string, string>> {
  const entries = await readdir(FIXTURE, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes('node_modules'));
  return Object.fromEntries(
    await Promise.all(
      files.map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(FIXTURE.length + 1), await readFile(path, 'utf8')] as const;
      }),
    ),
  );
}

/** The names in a ZIP. */
async function namesIn(bytes: Buffer): Promise<string[]> {
  const names: string[] = [];
  const zip = await new Promise<import('yauzl').ZipFile>((resolve, reject) =>
    fromBuffer(bytes, { lazyEntries: false }, (error, file) => (error ? reject(error) : resolve(file))),
  );
  zip.on('entry', (entry: { fileName: string }) => names.push(entry.fileName));
  await once(zip, 'end');
  return names;
}

const leftovers = async () => ({
  containers: await containersOf(engine, FAKE_RUNNER_ID),
  folders: await readdir(join(state, 'work')).catch(() => []),
});
const NOTHING = { containers: [], folders: [] };

beforeAll(() => ensureWebImage(engine), 600_000);
beforeEach(async () => {
  edge = await FakeEdge.start();
  state = await mkdtemp(join(tmpdir(), 'appflux-cli-'));
  await registered();
});
afterEach(async () => {
  expect(edge.misunderstood).toEqual([]);
  for (const { child, exit } of processes.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      await exit;
    }
  }
  expect(await leftovers()).toEqual(NOTHING);
  await edge.close();
  await rm(state, { recursive: true });
});

describe('a started runner', () => {
  test('builds a React project from a ZIP and delivers it, and leaves nothing behind', async () => {
    const runner = await started();
    const attempt = await grantFor(await fixture());
    await until(
      () => edge.poolFrames.some(({ type }) => type === 'freed'),
      () => `${attempt.log}\n${runner.output}`,
    );
    expect(attempt.result, attempt.log).toMatchObject({ status: 'success' });
    const name = attempt.result?.status === 'success' ? (attempt.result.artifacts[0] ?? '') : '';
    const names = await namesIn(edge.storedBytes(name));
    expect(names).toContain('index.html');
    expect(names.some((each) => each.startsWith('assets/'))).toBe(true);
    expect(attempt.frames.find(({ type }) => type === 'plan')).toMatchObject({
      plan: { packageManager: 'npm', installCommand: 'npm ci', image: 'appflux/web-builder' },
      version: '1.2.3',
    });
    expect(attempt.lines.some(({ stream, phase }) => stream === 'stdout' && phase === 'building')).toBe(true);
    expect(attempt.log).not.toContain('X-Amz-Signature');
    expect(await leftovers()).toEqual(NOTHING);
  });

  test('cancels a build that takes no notice', async () => {
    const runner = await started();
    const attempt = await grantFor(ENDLESS);
    await until(
      () => hasStarted(attempt),
      () => `${attempt.log}\n${runner.output}`,
    );
    attempt.cancel('by its owner');
    await until(
      () => edge.poolFrames.some(({ type }) => type === 'freed'),
      () => attempt.log,
    );
    expect(attempt.result).toEqual({ status: 'canceled' });
    expect(await leftovers()).toEqual(NOTHING);
  });

  test('ends at SIGTERM: gives its build back, clears away, exit code 0', async () => {
    const runner = await started();
    const attempt = await grantFor(ENDLESS);
    await until(
      () => hasStarted(attempt),
      () => `${attempt.log}\n${runner.output}`,
    );
    runner.child.kill('SIGTERM');
    expect(await runner.exit, runner.output).toBe(0);
    expect(attempt.result).toEqual({ status: 'canceled' });
    expect(await leftovers()).toEqual(NOTHING);
  });

  test('that was killed is swept after by the next', async () => {
    const runner = await started();
    const attempt = await grantFor(ENDLESS);
    await until(
      () => hasStarted(attempt),
      () => `${attempt.log}\n${runner.output}`,
    );
    runner.child.kill('SIGKILL');
    await runner.exit;
    expect((await leftovers()).containers.length).toBe(1);
    const next = await started();
    expect(await leftovers()).toEqual(NOTHING);
    expect(next.output).toContain('Cleared away');
  });

  test('that stood still for longer than its lease kills its build on waking and reports nothing', async () => {
    const runner = await started();
    const attempt = await grantFor(ENDLESS, { leaseSeconds: 12 });
    await until(
      () => hasStarted(attempt),
      () => `${attempt.log}\n${runner.output}`,
    );
    runner.child.kill('SIGSTOP');
    // Standing still can only be had by letting time pass: longer than the lease.
    await new Promise((resolve) => setTimeout(resolve, 12_500));
    const frames = attempt.frames.length;
    const lines = attempt.lines.length;
    runner.child.kill('SIGCONT');
    await until(
      () => runner.output.includes('result="not reported"'),
      () => runner.output,
    );
    expect([attempt.frames.length, attempt.lines.length]).toEqual([frames, lines]);
    expect(attempt.result).toBeUndefined();
    await until(
      async () => (await leftovers()).folders.length === 0,
      () => runner.output,
    );
    expect(await leftovers()).toEqual(NOTHING);
  });

  test('that was removed says so and exits with 1', async () => {
    const runner = await started();
    edge.closePool(CLOSE.unauthorized);
    expect(await runner.exit).toBe(1);
    expect(runner.output).toContain('The runner local-1 was removed from');
  });

  test('is the only one of its registration', async () => {
    await started();
    const second = cli('start');
    expect(await second.exit).toBe(1);
    expect(second.output).toContain('Another process is running with this registration');
  });
});

test('the doctor finds a host that can build, and names what is weak', async () => {
  const doctor = cli('doctor', '--network', 'bridge');
  expect(await doctor.exit, doctor.output).toBe(0);
  expect(doctor.output).toMatch(/^ok {3}Docker engine \d/m);
  expect(doctor.output).toMatch(/^ok {3}appflux\/web-builder.*: .*node=24/m);
  expect(doctor.output).toMatch(/^weak Network of builds: open/m);
  expect(doctor.output).toMatch(/^ok {3}Registered as local-1/m);
});

test('a command line with a fault in it is told so, without a stack', async () => {
  const wrong = cli('start', '--slots', 'many');
  expect(await wrong.exit).toBe(1);
  expect(wrong.output).toContain('--slots: ');
  expect(wrong.output).not.toContain('    at ');
});
