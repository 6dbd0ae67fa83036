/** What is left of a runner that was killed in the middle of a build. */
import { readFile } from 'node:fs/promises';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { CliBench, ENDLESS, hasStarted, NOTHING_LEFT } from '../../testing/cli.ts';
import { ensureWebImage } from '../../testing/docker.ts';
import { mountsWithin } from '../disk/file-system.ts';
import { diskLimit } from '../disk/limit.ts';
import { connectEngine } from '../engine.ts';

vi.setConfig({ testTimeout: 120_000 });

let bench: CliBench;

const mounts = async () => mountsWithin(await readFile('/proc/self/mountinfo', 'utf8'), bench.state);

beforeAll(() => ensureWebImage(connectEngine()), 600_000);
beforeEach(async () => {
  bench = await CliBench.open();
});
afterEach(() => bench.close());

test('a killed runner’s container, folder, socket and mount are swept at its next start', async () => {
  const runner = await bench.start();
  const attempt = await bench.grantFor(ENDLESS);
  await bench.until(
    () => hasStarted(attempt),
    () => `${attempt.log}\n${runner.output}`,
  );
  runner.child.kill('SIGKILL');
  await runner.exit;
  expect(await bench.leftovers()).toMatchObject({
    containers: [expect.any(String)],
    folders: [expect.any(String)],
  });
  expect((await mounts()).length).toBe((await diskLimit()).kind === 'file_system' ? 1 : 0);
  const next = await bench.start();
  expect(await bench.leftovers()).toEqual(NOTHING_LEFT);
  expect(await mounts()).toEqual([]);
  expect(next.output).toContain('Cleaned up after an earlier process');
});

test('a build over its deadline is asked to end, and ten seconds later killed with everything in it', async () => {
  const runner = await bench.start('--max-timeout', '15');
  const attempt = await bench.grantFor(ENDLESS);
  await bench.until(
    () => hasStarted(attempt),
    () => `${attempt.log}\n${runner.output}`,
  );
  const startedAt = performance.now();
  await bench.until(
    () => bench.edge.poolFrames.some(({ type }) => type === 'freed'),
    () => attempt.log,
  );
  const seconds = (performance.now() - startedAt) / 1000;
  expect(attempt.result).toMatchObject({ status: 'failed', failure: { code: 'build_timeout' } });
  expect(seconds).toBeGreaterThan(9);
  expect(seconds).toBeLessThan(45);
  expect(await bench.leftovers()).toEqual(NOTHING_LEFT);
  expect(await mounts()).toEqual([]);
});
