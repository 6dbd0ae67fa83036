import { CLOSE } from '@appflux/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { connectEngine } from '../sandbox/engine.ts';
import { CliBench, ENDLESS, fixtureFiles, hasStarted, NOTHING_LEFT, namesInZip } from '../testing/cli.ts';
import { ensureWebImage } from '../testing/docker.ts';

vi.setConfig({ testTimeout: 120_000 });

let bench: CliBench;

beforeAll(() => ensureWebImage(connectEngine()), 600_000);
beforeEach(async () => {
  bench = await CliBench.open();
});
afterEach(() => bench.closeTidy());

describe('a started runner', () => {
  test('builds a React project from a ZIP and delivers it, and leaves nothing behind', async () => {
    const runner = await bench.start();
    const attempt = await bench.grantFor(await fixtureFiles());
    await bench.until(
      () => bench.edge.poolFrames.some(({ type }) => type === 'freed'),
      () => `${attempt.log}\n${runner.output}`,
    );
    expect(attempt.result, attempt.log).toMatchObject({ status: 'success' });
    const name = attempt.result?.status === 'success' ? (attempt.result.artifacts[0] ?? '') : '';
    const names = await namesInZip(bench.edge.storedBytes(name));
    expect(names).toContain('index.html');
    expect(names.some((each) => each.startsWith('assets/'))).toBe(true);
    expect(attempt.frames.find(({ type }) => type === 'plan')).toMatchObject({
      plan: { packageManager: 'npm', installCommand: 'npm ci', image: 'appflux/web-builder' },
      version: '1.2.3',
    });
    expect(attempt.lines.some(({ stream, phase }) => stream === 'stdout' && phase === 'building')).toBe(true);
    expect(attempt.log).not.toContain('X-Amz-Signature');
    // A slot is free when its container is gone; the folder follows.
    expect((await bench.leftovers()).containers).toEqual([]);
    await expect.poll(() => bench.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('reports a build that its project found needless', async () => {
    const runner = await bench.start();
    const attempt = await bench.grantFor({
      'index.html': '<h1>Hello</h1>',
      'appflux.json': '{"ignoreCommand":"grep -q Hello index.html"}',
    });
    await bench.until(
      () => bench.edge.poolFrames.some(({ type }) => type === 'freed'),
      () => `${attempt.log}\n${runner.output}`,
    );
    expect(attempt.result, attempt.log).toEqual({
      status: 'skipped',
      reason: 'ignoreCommand (grep -q Hello index.html) ended with exit code 0',
    });
    expect(bench.edge.stored.size).toBe(0);
  });

  test('cancels a build that takes no notice', async () => {
    const runner = await bench.start();
    const attempt = await bench.grantFor(ENDLESS);
    await bench.until(
      () => hasStarted(attempt),
      () => `${attempt.log}\n${runner.output}`,
    );
    attempt.cancel('by its owner');
    await bench.until(
      () => bench.edge.poolFrames.some(({ type }) => type === 'freed'),
      () => attempt.log,
    );
    expect(attempt.result).toEqual({ status: 'canceled' });
    expect((await bench.leftovers()).containers).toEqual([]);
    await expect.poll(() => bench.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('ends at SIGTERM: gives its build back, clears away, exit code 0', async () => {
    const runner = await bench.start();
    const attempt = await bench.grantFor(ENDLESS);
    await bench.until(
      () => hasStarted(attempt),
      () => `${attempt.log}\n${runner.output}`,
    );
    runner.child.kill('SIGTERM');
    expect(await runner.exit, runner.output).toBe(0);
    expect(attempt.result).toEqual({ status: 'canceled' });
    expect(await bench.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('that stood still for longer than its lease kills its build on waking and reports nothing', async () => {
    const runner = await bench.start();
    const attempt = await bench.grantFor(ENDLESS, { leaseSeconds: 12 });
    await bench.until(
      () => hasStarted(attempt),
      () => `${attempt.log}\n${runner.output}`,
    );
    runner.child.kill('SIGSTOP');
    // Standing still can only be had by letting time pass: longer than the lease.
    await new Promise((resolve) => setTimeout(resolve, 12_500));
    const frames = attempt.frames.length;
    const lines = attempt.lines.length;
    runner.child.kill('SIGCONT');
    await bench.until(
      () => runner.output.includes('result="not reported"'),
      () => runner.output,
    );
    expect([attempt.frames.length, attempt.lines.length]).toEqual([frames, lines]);
    expect(attempt.result).toBeUndefined();
    await bench.until(
      async () => (await bench.leftovers()).folders.length === 0,
      () => runner.output,
    );
    expect(await bench.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('that was removed says so and exits with 1', async () => {
    const runner = await bench.start();
    bench.edge.closePool(CLOSE.unauthorized);
    expect(await runner.exit).toBe(1);
    expect(runner.output).toContain('The runner local-1 was removed from');
  });

  test('is the only one of its registration', async () => {
    await bench.start();
    const second = bench.cli('start');
    expect(await second.exit).toBe(1);
    expect(second.output).toContain('Another process is running with this registration');
  });
});

test('the doctor finds a host that can build, and names what is weak', async () => {
  const doctor = bench.cli('doctor', '--network', 'bridge');
  expect(await doctor.exit, doctor.output).toBe(0);
  expect(doctor.output).toMatch(/^ok {3}Docker engine \d/m);
  expect(doctor.output).toMatch(/^ok {3}appflux\/web-builder.*: .*node=24/m);
  expect(doctor.output).toMatch(/^weak Network of builds: unrestricted/m);
  expect(doctor.output).toMatch(/^ok {3}Registered as local-1/m);
});

test('an invalid command line gets an error without a stack', async () => {
  const wrong = bench.cli('start', '--slots', 'many');
  expect(await wrong.exit).toBe(1);
  expect(wrong.output).toContain('--slots: ');
  expect(wrong.output).not.toContain('    at ');
});
