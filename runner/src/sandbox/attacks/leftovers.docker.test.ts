/** What is left of a runner that was killed in the middle of a build. */
import { readFile } from 'node:fs/promises';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { CliBench, ENDLESS, hasStarted, NOTHING_LEFT } from '../../testing/cli.ts';
import { ensureWebImage, whyUnpreparable } from '../../testing/docker.ts';
import { makersOf, whyNoNamespaces } from '../../testing/namespaces.ts';
import { mountsWithin } from '../disk/file-system.ts';
import { diskLimit } from '../disk/limit.ts';
import { connectEngine } from '../engine.ts';

vi.setConfig({ testTimeout: 120_000 });

/** A project whose build ends immediately. */
const QUICK = {
  'package.json': '{"name":"quick","version":"1.0.0"}',
  'appflux.json': JSON.stringify({
    installCommand: 'true',
    buildCommand: 'mkdir dist && echo quick > dist/index.html',
    outputs: ['dist'],
  }),
};

const engine = connectEngine();
let bench: CliBench;

const mounts = async () => mountsWithin(await readFile('/proc/self/mountinfo', 'utf8'), bench.state);

beforeAll(() => ensureWebImage(engine), 600_000);
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

/** Starts a runner as it is without settings, and has it build once. Then one sandbox waits, and a maker of namespaces. */
async function startPreparing() {
  bench.env.APPFLUX_RUNNER_PREPARED = '';
  const runner = await bench.start();
  const freed = () => bench.edge.poolFrames.filter(({ type }) => type === 'freed').length;
  const before = freed();
  // A container and its image.
  const makers = (await whyNoNamespaces()) === null ? 2 : 0;
  const attempt = await bench.grantFor(QUICK);
  await bench.until(
    async () =>
      freed() > before &&
      (await bench.leftovers()).containers.length === 1 &&
      (await makersOf(engine, bench.edge.runnerId)).length === makers,
    () => `${attempt.log}\n${runner.output}`,
  );
  return runner;
}

async function expectNothingLeft(): Promise<void> {
  expect(await bench.leftovers()).toEqual(NOTHING_LEFT);
  expect(await makersOf(engine, bench.edge.runnerId)).toEqual([]);
  expect(await mounts()).toEqual([]);
}

test('sandboxes that wait are removed with their runner, also if it is killed', async ({ skip }) => {
  const why = await whyUnpreparable();
  if (why !== null) return skip(why);
  const killed = await startPreparing();
  killed.child.kill('SIGKILL');
  await killed.exit;
  const next = await bench.start();
  await expectNothingLeft();
  next.child.kill('SIGTERM');
  await next.exit;
  const stopped = await startPreparing();
  stopped.child.kill('SIGTERM');
  await stopped.exit;
  await expectNothingLeft();
});

test('one that has its build is swept with the one that waits beside it', async ({ skip }) => {
  const why = await whyUnpreparable();
  if (why !== null) return skip(why);
  const runner = await startPreparing();
  const deploymentId = 'e'.repeat(24);
  const attempt = await bench.grantFor(ENDLESS, { deploymentId }, { deploymentId });
  await bench.until(
    async () => hasStarted(attempt) && (await bench.leftovers()).containers.length === 2,
    () => `${attempt.log}\n${runner.output}`,
  );
  runner.child.kill('SIGKILL');
  await runner.exit;
  const { containers, folders } = await bench.leftovers();
  expect([containers.length, folders.length]).toEqual([2, 2]);
  expect((await mounts()).length).toBeGreaterThanOrEqual(4);
  await bench.start();
  await expectNothingLeft();
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
  expect((await bench.leftovers()).containers).toEqual([]);
  await expect.poll(() => bench.leftovers()).toEqual(NOTHING_LEFT);
  expect(await mounts()).toEqual([]);
});
