/** The unit that docs/operations.md installs, as systemd reads it. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, onTestFinished, test } from 'vitest';

const UNIT = join(import.meta.dirname, 'appflux-runner.service');

test('systemd finds nothing wrong with the unit, and starts the command line of this checkout', async ({
  skip,
}) => {
  const { failed } = await execa('systemd-analyze', ['--version'], { reject: false });
  if (failed) return skip('NOT TESTED: systemd-analyze is not on this machine');
  const folder = await mkdtemp(join(tmpdir(), 'appflux-unit-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const checkout = join(import.meta.dirname, '..');
  const unit = (await readFile(UNIT, 'utf8')).replaceAll('/opt/appflux/', `${checkout}/`);
  await writeFile(join(folder, 'appflux-runner.service'), unit);
  // What it requires is not installed everywhere, and is not what is asked about.
  await writeFile(join(folder, 'docker.service'), '[Service]\nExecStart=/bin/true\n');
  const { stdout, stderr, exitCode } = await execa(
    'systemd-analyze',
    ['verify', '--man=no', join(folder, 'appflux-runner.service')],
    { env: { SYSTEMD_UNIT_PATH: `${folder}:` }, reject: false },
  );
  expect({ stdout, stderr, exitCode }).toEqual({ stdout: '', stderr: '', exitCode: 0 });
  const [, node = '', cli = ''] = /^ExecStart=(\S+) (\S+) start$/m.exec(unit) ?? [];
  expect((await execa(node, [cli, 'start', '--help'])).stdout).toContain('start');
});

test('units of version 0.1.0, which start src/cli.ts, still start the runner', async () => {
  const cli = join(import.meta.dirname, 'src', 'cli.ts');
  expect((await execa(process.execPath, [cli, 'start', '--help'])).stdout).toContain('start');
});
