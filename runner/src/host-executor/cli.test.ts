/** The runner's own program with the host as its executor: at a fake edge, as an ordinary user, as on a Mac. */
import { BuildSettings } from '@appflux/protocol';
import { expect, test, vi } from 'vitest';
import { CliBench } from '../testing/cli.ts';

vi.setConfig({ testTimeout: 120_000 });

const NOBODY = { uid: 65_534, gid: 65_534 };

async function withBench(user: typeof NOBODY | undefined, work: (bench: CliBench) => Promise<void>) {
  const bench = await CliBench.open(user);
  bench.env.APPFLUX_RUNNER_EXECUTOR = 'host';
  try {
    await work(bench);
    expect(bench.edge.misunderstood).toEqual([]);
  } finally {
    await bench.close();
  }
}

test('a runner without a label by which an app can ask for it does not start', () =>
  withBench(undefined, async (bench) => {
    const runner = bench.cli('start');
    expect(await runner.exit).toBe(1);
    expect(runner.output).toMatch(
      /only accepts builds that request one of its labels.*\nRegister it with --labels host/,
    );
    expect(bench.edge.poolFrames).toEqual([]);
  }));

test('the doctor says that there is no sandbox, and asks for no engine', () =>
  withBench(undefined, async (bench) => {
    bench.env.DOCKER_HOST = 'unix:///nowhere/docker.sock';
    bench.env.APPFLUX_RUNNER_LABELS = 'host';
    const doctor = bench.cli('doctor');
    await doctor.exit;
    expect(doctor.output).toContain('weak Executor host: no sandbox. Builds run as ');
    expect(doctor.output).not.toMatch(/engine|docker/i);
  }));

// Only root may start a program as somebody else.
test.skipIf(process.getuid?.() !== 0)('an ordinary user builds, without an engine', () =>
  withBench(NOBODY, async (bench) => {
    bench.env.DOCKER_HOST = 'unix:///nowhere/docker.sock';
    await bench.start('--labels', 'host');
    expect(bench.edge.poolFrames).toContainEqual(
      expect.objectContaining({ type: 'hello', labels: ['host'], executor: 'host' }),
    );
    const appflux = {
      installCommand: 'mkdir -p "$HOME/mod/deep" && touch "$HOME/mod/deep/file" && chmod -R a-w "$HOME/mod"',
      buildCommand: 'mkdir dist && id -u > dist/index.html && echo "as $(id -u) in $HOME"',
      outputs: ['dist'],
    };
    const files = { 'package.json': '{"name":"plain"}', 'appflux.json': JSON.stringify(appflux) };
    const freed = () => bench.edge.poolFrames.filter(({ type }) => type === 'freed').length;
    const asked = BuildSettings.parse({ labels: ['host'] });
    const attempt = await bench.grantFor(files, {}, { build: asked });
    await bench.until(
      () => freed() === 1,
      () => attempt.log,
    );
    expect(attempt.result, attempt.log).toMatchObject({ status: 'success' });
    expect(attempt.log).toMatch(/^as 65534 in \//m);
    await expect.poll(async () => (await bench.leftovers()).folders).toEqual([]);
    const unasked = await bench.grantFor(files, { deploymentId: 'b'.repeat(24) });
    await bench.until(
      () => freed() === 2,
      () => unasked.log,
    );
    expect(unasked.result).toMatchObject({
      status: 'failed',
      failure: { code: 'settings_invalid', message: expect.stringContaining('without a sandbox') },
    });
    expect(unasked.log).not.toMatch(/^as /m);
  }),
);
