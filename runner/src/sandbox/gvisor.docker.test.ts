/** Builds under gVisor: a kernel of their own, and the same way out. */
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { Stopped } from '../stop.ts';
import { BuildBench, plan } from '../testing/build.ts';
import { ensureWebImage } from '../testing/docker.ts';
import { type Gvisor, gvisorFor } from '../testing/gvisor.ts';
import { connectEngine } from './engine.ts';

vi.setConfig({ testTimeout: 120_000 });

const engine = connectEngine();
const FIXTURE = fileURLToPath(new URL('../../fixtures/react-vite', import.meta.url));
let gvisor: Gvisor | { readonly why: string };
let bench: BuildBench;

beforeAll(async () => {
  await ensureWebImage(engine);
  gvisor = await gvisorFor(engine);
}, 600_000);
afterAll(async () => {
  if ('remove' in gvisor) await gvisor.remove();
});
beforeEach(() => {
  bench = new BuildBench(engine);
});
afterEach(() => bench.close());

test('a build has a kernel of its own, its limits, and no way out but the proxy', async ({ skip }) => {
  if ('why' in gvisor) return skip(gvisor.why);
  const { text, output, failure } = await bench.run({
    plan: plan({
      buildCommand: [
        'dmesg | head -1',
        'id -u',
        'ls /sys/class/net',
        'touch /usr/x || echo read-only',
        "node -e \"fetch('https://example.org/').catch(() => console.log('no way'))\"",
      ].join('; '),
    }),
    settings: { runtime: gvisor.runtime },
    ownDisk: true,
  });
  expect(failure, text).toBeNull();
  expect(output.join('\n')).toMatch(/Starting gVisor/);
  expect(output).toContain('10001');
  expect(output).not.toContain('eth0');
  expect(output).toContain('read-only');
  expect(output).toContain('no way');
  expect(text).toMatch(/Network: example\.org:443 is not an allowed host/);
});

test('a real project is installed and built', async ({ skip }) => {
  if ('why' in gvisor) return skip(gvisor.why);
  const { text, failure, root } = await bench.run({
    plan: plan({ packageManager: 'npm', installCommand: 'npm ci', buildCommand: 'npm run build' }),
    settings: { runtime: gvisor.runtime },
    ownDisk: true,
    files: (folder) => cp(FIXTURE, folder, { recursive: true }),
  });
  expect(failure, text).toBeNull();
  expect(await readFile(join(root, 'dist/index.html'), 'utf8')).toContain('/assets/');
});

test('a build that takes no notice is killed', async ({ skip }) => {
  if ('why' in gvisor) return skip(gvisor.why);
  const { failure, stop } = await bench.run({
    plan: plan({ buildCommand: "trap '' TERM; echo started; while :; do sleep 0.1; done" }),
    settings: { runtime: gvisor.runtime },
    onLine: (text, controller) => {
      if (text === 'started') controller.abort(new Stopped('lease_lost', 'test'));
    },
  });
  expect(failure).toBe(stop.signal.reason);
});

test('a build over its memory fails as out_of_memory, although gVisor then hangs', async ({ skip }) => {
  if ('why' in gvisor) return skip(gvisor.why);
  const { failure } = await bench.run({
    plan: plan({
      buildCommand:
        'node --max-old-space-size=9000 -e "const a=[]; for(;;) a.push(Buffer.alloc(16*2**20, 1))"',
    }),
    settings: { runtime: gvisor.runtime },
    limits: { memoryBytes: 256 * 1024 ** 2 },
  });
  expect(failure).toMatch(/^out_of_memory: .* killed at the memory limit of 256 MiB/);
});
