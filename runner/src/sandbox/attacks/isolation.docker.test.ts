/** Builds that look for a way out of their container. One container tries everything; each attempt is a test. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BuildBench, plan } from '../../testing/build.ts';
import { ensureWebImage, whyUnpreparable } from '../../testing/docker.ts';
import { readyNamespaces, whyNoNamespaces } from '../../testing/namespaces.ts';
import { newRunnerId } from '../../testing/sample-job.ts';
import { attemptFolder, makeAttemptFolder } from '../attempt-folder.ts';
import { connectEngine } from '../engine.ts';
import type { NamespaceLender } from '../start-alone.ts';
import { probe } from './probe.ts';

const engine = connectEngine();
const bench = new BuildBench(engine);
const SECRET = 'neighbors-secret';
let neighbor: string;

beforeAll(async () => {
  await ensureWebImage(engine);
  neighbor = await mkdtemp(join(tmpdir(), 'appflux-neighbor-'));
  const other = attemptFolder(neighbor, 'b'.repeat(24), 1);
  await makeAttemptFolder(other);
  await writeFile(join(other.workspace.source, SECRET), 'not yours', { mode: 0o644 });
}, 600_000);

afterAll(async () => {
  await bench.close();
  await rm(neighbor, { recursive: true });
});

async function outcomeOf(prepared: boolean, namespaces?: NamespaceLender): Promise<Record<string, string>> {
  const prey = { hostPid: process.pid, hostFolder: neighbor, secretName: SECRET };
  const { output, text } = await bench.run({
    plan: plan({ buildCommand: 'node probe.mjs' }),
    ownDisk: true,
    prepared,
    ...(namespaces && { namespaces }),
    files: (folder) => writeFile(join(folder, 'probe.mjs'), probe(prey)),
  });
  const line = output.find((each) => each.startsWith('OUTCOME '));
  if (line === undefined) throw new Error(text);
  return JSON.parse(line.slice('OUTCOME '.length));
}

/** A host that can't make sandboxes ahead has containers of the first kind only. */
const CONTAINERS: readonly (readonly [string, boolean, boolean])[] = [
  ['in a container of its own', false, false],
  ...((await whyUnpreparable()) === null ? [['in one that waited for it', true, false] as const] : []),
  ...((await whyNoNamespaces()) === null
    ? ([
        ['in one whose network namespace the runner made', false, true],
        ['in one that waited in such a namespace', true, true],
      ] as const)
    : []),
];

describe.each(CONTAINERS)('from inside of a build %s', (_, prepared, madeByRunner) => {
  let outcome: Record<string, string>;

  beforeAll(async () => {
    if (!madeByRunner) {
      outcome = await outcomeOf(prepared);
      return;
    }
    const namespaces = await readyNamespaces(engine, newRunnerId());
    const lent: (string | null)[] = [];
    const lend = () => {
      const namespace = namespaces.lend();
      lent.push(namespace.of?.id ?? null);
      return namespace;
    };
    try {
      outcome = await outcomeOf(prepared, { lend });
      // A further sandbox may be made beside the build.
      expect(lent[0]).toEqual(expect.any(String));
    } finally {
      await namespaces.close();
    }
  });

  test('there is no socket of an engine, and none is mounted', () => {
    expect(outcome['engine socket']).toBe('none');
    expect(outcome.mounts).not.toMatch(/docker\.sock|containerd\.sock/);
  });

  test('no processes but its own are seen, signaled or traced', () => {
    expect(outcome.processes?.split(',').length).toBeLessThan(12);
    expect(outcome.processes).not.toMatch(/dockerd|containerd|runc/);
    expect(outcome['host process']).toBe('none');
    expect(outcome['signal to the host']).toBe('ESRCH');
    expect(outcome['ptrace of the host']).toMatch(/^refused: /);
    expect(outcome['memory of the host']).toMatch(/^refused: /);
  });

  test('neither other workspaces nor the host’s folders are there', () => {
    expect(outcome['host folder']).toBe('none');
    expect(outcome['other workspaces']).toBe('refused: 1');
  });

  test.each([
    'kernel memory',
    'write to /proc/sys',
    'write to sysrq',
    'write to the root',
    'take the way out away',
  ])('the kernel and the image are not touched: %s', (attempt) => {
    expect(outcome[attempt]).toMatch(/^(ENOENT|EACCES|EPERM|EROFS)$/);
  });

  test('the kernel’s keys and log tell nothing', () => {
    expect(outcome['kernel keys']).toMatch(/^(empty|ENOENT)$/);
    expect(outcome['kernel log']).toMatch(/^refused: /);
    expect(outcome['write to cgroups']).toMatch(/^refused: /);
  });

  test.each([
    'mount tmpfs',
    'mount proc',
    'bind mount',
    'remount the root writable',
    'unshare user',
    'unshare user as root',
    'unshare mount',
    'unshare net',
    'enter namespaces',
    'chroot',
    'device',
    'raw socket',
    'packet socket',
    'vsock socket',
    'bpf',
    'kernel module',
    'key ring',
    'clock',
    'reboot',
    'new root',
    'setuid 0',
    'user fault handling',
    'handle of a file',
  ])('it is refused: %s', (attempt) => {
    expect(outcome[attempt]).toMatch(
      /^refused: .*(not permitted|denied|only root|not implemented|must be superuser|not supported)/i,
    );
  });

  test('no program makes it another user: neither one of the image nor its own', () => {
    expect(outcome['setuid program of the image']).toMatch(/^refused: /);
    expect(outcome['setuid program of one’s own']).toBe('done: 10001');
    expect(outcome.capabilities).toBe('0000000000000000');
    expect(outcome['capability bounds']).toBe('0000000000000000');
  });

  test('a crash leaves no memory behind, and open files are limited', () => {
    expect(outcome['core dump']).toBe('done: 0');
    expect(outcome.limits).toMatch(/^Max core file size +1 +1 /m);
    const [, files] = /^Max open files +(\d+) +\1 /m.exec(outcome.limits ?? '') ?? [];
    expect(Number(files)).toBeGreaterThan(0);
    expect(Number(files)).toBeLessThanOrEqual(65_536);
  });
});
