import { chown, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Stopped } from '../stop.ts';
import { containersOf, ensureWebImage, WEB_IMAGE } from '../testing/docker.ts';
import { newRunnerId, sampleJob } from '../testing/sample-job.ts';
import { BUILDER_UID, containerSpec } from './container-spec.ts';
import { connectEngine } from './engine.ts';
import { runContainer } from './run-container.ts';

vi.setConfig({ testTimeout: 60_000 });

const engine = connectEngine();
const runnerId = newRunnerId();
const NONCE = 'aabbccddeeff';
let source: string;

beforeAll(() => ensureWebImage(engine), 600_000);
beforeEach(async () => {
  source = await mkdtemp(join(tmpdir(), 'appflux-sandbox-'));
  await chown(source, BUILDER_UID, BUILDER_UID);
});
afterEach(async () => {
  await rm(source, { recursive: true });
  expect(await containersOf(engine, runnerId)).toEqual([]);
});

interface Run {
  readonly command: string;
  readonly memoryBytes?: number;
  readonly pids?: number;
  readonly signal?: AbortSignal;
  readonly ready?: () => Promise<void>;
  readonly onOutput?: (text: string) => void;
}

async function run({ command, memoryBytes = 256 * 1024 ** 2, pids = 100, signal, ready, onOutput }: Run) {
  let output = '';
  const ended = await runContainer(engine, {
    spec: containerSpec({
      image: WEB_IMAGE,
      runnerId,
      deploymentId: '66f2a1c04b7e9d0012345678',
      attempt: 1,
      source,
      workingDir: '/workspace',
      environment: { APPFLUX_MARK: NONCE, APPFLUX_BUILD_COMMAND: command },
      limits: { ...sampleJob().limits, memoryBytes, pids },
      openFiles: 1024,
      runtime: undefined,
      guard: [],
      network: 'none',
    }),
    output: ({ bytes }) => {
      output += Buffer.from(bytes).toString();
      onOutput?.(output);
    },
    ready: ready ?? (async () => undefined),
    signal: signal ?? new AbortController().signal,
    onLeftover: (error) => {
      throw error;
    },
  }).then(
    (end) => ({ ...end, thrown: undefined }),
    (thrown: unknown) => ({ exitCode: undefined, oomKilled: undefined, thrown }),
  );
  return { ...ended, output };
}

describe('a container', () => {
  test('gives its output and its exit code', async () => {
    const { exitCode, output, oomKilled } = await run({ command: 'echo out; echo err >&2; exit 3' });
    expect({ exitCode, oomKilled }).toEqual({ exitCode: 3, oomKilled: false });
    expect(output).toContain('out\n');
    expect(output).toContain('err\n');
    expect(output).toContain(`${NONCE} end build 3\n`);
  });

  test('is nobody on the host: no capability, no way up, no root file system, no network, no engine', async () => {
    const { output } = await run({
      command: [
        'id -u',
        'grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status',
        'touch /usr/x 2>&1',
        'ls /sys/class/net',
        'ls /var/run/docker.sock 2>&1',
        'env | grep -c APPFLUX_MARK',
      ].join('; '),
    });
    expect(output).toMatch(/^10001$/m);
    expect(output).toMatch(/CapEff:\s+0000000000000000/);
    expect(output).toMatch(/CapBnd:\s+0000000000000000/);
    expect(output).toMatch(/NoNewPrivs:\s+1/);
    expect(output).toMatch(/Seccomp:\s+2/);
    expect(output).toContain("touch: cannot touch '/usr/x': Read-only file system");
    expect(output).toMatch(/^lo$/m);
    expect(output).not.toMatch(/^eth0$/m);
    expect(output).toContain('No such file or directory');
    expect(output).toMatch(/^0$/m);
  });

  test('writes to its workspace, its home and /tmp, and runs programs from there', async () => {
    const { exitCode } = await run({
      command:
        'for d in /workspace /tmp ~; do printf "#!/bin/sh\\necho ran" > $d/p && chmod +x $d/p && $d/p || exit 1; done',
    });
    expect(exitCode).toBe(0);
    expect(await readFile(join(source, 'p'), 'utf8')).toContain('echo ran');
  });

  test('that exceeds its memory limit is killed, and the end says so', async () => {
    const { exitCode, oomKilled } = await run({
      command: 'node -e "const a=[]; for(;;) a.push(Buffer.alloc(16e6, 1))"',
      memoryBytes: 128 * 1024 ** 2,
    });
    expect(oomKilled || exitCode === 137).toBe(true);
    expect(exitCode).not.toBe(0);
  });

  test('cannot have more processes than its limit', async () => {
    const { output } = await run({ command: 'for i in $(seq 60); do sleep 3 & done; wait', pids: 30 });
    expect(output).toMatch(/Resource temporarily unavailable|Cannot fork/);
  });

  test('waits when its output is not taken', async () => {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let waits = 0;
    const megabytes = 16;
    const done = run({
      command: `head -c ${megabytes}000000 /dev/zero | tr '\\0' 'x' && touch /workspace/done`,
      ready: () => {
        waits += 1;
        return gate;
      },
    });
    await vi.waitFor(() => expect(waits).toBe(1), 20_000);
    // The pipes and buffers between hold a few megabytes; the rest cannot have been written, however long it had.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await expect(readFile(join(source, 'done'))).rejects.toThrow('ENOENT');
    open();
    const { exitCode, output } = await done;
    expect(exitCode).toBe(0);
    expect(output.length).toBeGreaterThan(megabytes * 1e6);
  });
});

describe('a container that has to end', () => {
  test('for a reason that allows it gets TERM first, and ends by itself', async () => {
    const stop = new AbortController();
    const { thrown, output } = await run({
      command: 'trap "echo goodbye; exit 0" TERM; echo started; while :; do sleep 0.1; done',
      signal: stop.signal,
      onOutput: (text) => {
        if (text.includes('started')) stop.abort(new Stopped('canceled', 'test'));
      },
    });
    expect(thrown).toBe(stop.signal.reason);
    expect(output).toContain('goodbye');
  });

  test('is killed after ten seconds when it takes no notice, children and all', async () => {
    const stop = new AbortController();
    const startedAt = performance.now();
    const { thrown } = await run({
      command:
        'trap "" TERM; (trap "" TERM; while :; do sleep 0.1; done) & echo started; while :; do sleep 0.1; done',
      signal: stop.signal,
      onOutput: (text) => {
        if (text.includes('started')) stop.abort(new Stopped('timeout', 'test'));
      },
    });
    expect(thrown).toBe(stop.signal.reason);
    expect(performance.now() - startedAt).toBeGreaterThan(9000);
    expect(performance.now() - startedAt).toBeLessThan(25_000);
  });

  test('because the lease is lost is killed on the spot', async () => {
    const stop = new AbortController();
    let stoppedAt = 0;
    await run({
      command: 'trap "" TERM; echo started; while :; do sleep 0.1; done',
      signal: stop.signal,
      onOutput: (text) => {
        if (!text.includes('started') || stop.signal.aborted) return;
        stoppedAt = performance.now();
        stop.abort(new Stopped('lease_lost', 'test'));
      },
    });
    expect(performance.now() - stoppedAt).toBeLessThan(8000);
  });

  test('ends although nobody takes its output', async () => {
    const stop = new AbortController();
    const { thrown } = await run({
      command: 'while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done',
      signal: stop.signal,
      ready: () => {
        stop.abort(new Stopped('lease_lost', 'test'));
        return new Promise(() => undefined);
      },
    });
    expect(thrown).toBe(stop.signal.reason);
  });

  test('before it was begun is never begun', async () => {
    const signal = AbortSignal.abort(new Stopped('canceled', 'test'));
    await mkdir(join(source, 'unused'));
    const { thrown } = await run({ command: 'touch /workspace/ran', signal });
    expect(thrown).toBe(signal.reason);
    await expect(readFile(join(source, 'ran'))).rejects.toThrow('ENOENT');
  });
});
