/** An installation into another system's tree, by systemd's own programs where they are installed. */
import { existsSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from '../command.ts';
import { instanceUnit, logrotate, runnerUnit } from './units.ts';

const has = (program: string) => existsSync(`/usr/bin/${program}`) || existsSync(`/usr/sbin/${program}`);
const missing = ['systemctl', 'systemd-sysusers', 'systemd-analyze'].filter((program) => !has(program));
const skipped = missing.length > 0 ? ` (skipped: ${missing.join(', ')} not installed)` : '';

let system = '';
beforeEach(async () => {
  system = await mkdtemp(join(tmpdir(), 'appflux-service-'));
});
afterEach(() => rm(system, { recursive: true, force: true }));

async function service(args: string[], env: Record<string, string> = {}) {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('APPFLUX_')),
  );
  const { exitCode, all } = await execa(process.execPath, [join(ROOT, 'stack', 'service.ts'), ...args], {
    env: { ...clean, ...env },
    extendEnv: false,
    all: true,
    reject: false,
  });
  return { exitCode, output: all };
}

const unit = (name: string) => join(system, 'etc/systemd/system', name);

describe.skipIf(missing.length > 0)(`an installation into a folder${skipped}`, () => {
  test('has users, units that start after boot, and settings for root only; removing it leaves these', async () => {
    const first = await service(['install', '--root', system], { APPFLUX_PORT: '9000' });
    expect(first.output).toContain('The services start when that system boots');
    expect(first.exitCode).toBe(0);
    const passwd = await readFile(join(system, 'etc/passwd'), 'utf8');
    expect(passwd).toMatch(/^appflux:x:\d+:\d+:AppFlux:\/var\/lib\/appflux:\/usr\/sbin\/nologin$/m);
    expect(await readFile(join(system, 'etc/group'), 'utf8')).toMatch(/^docker:x:\d+:appflux-runner$/m);
    for (const name of ['appflux.service', 'appflux-runner.service']) {
      expect(await readlink(join(unit('multi-user.target.wants'), name))).toBe(`/etc/systemd/system/${name}`);
    }
    const environment = join(system, 'etc/appflux/environment');
    expect((await stat(environment)).mode & 0o777).toBe(0o600);
    expect(await readFile(environment, 'utf8')).toContain('APPFLUX_PORT=9000');

    // Settings that were edited are kept, and decide.
    await writeFile(environment, 'APPFLUX_PORT=80\n');
    await service(['install', '--root', system], { APPFLUX_PORT: '9001', APPFLUX_RUNNERS: '0' });
    expect(await readFile(environment, 'utf8')).toBe('APPFLUX_PORT=80\n');
    expect(await readFile(unit('appflux.service'), 'utf8')).toContain('CAP_NET_BIND_SERVICE');

    const removed = await service(['remove', '--root', system]);
    expect(removed.exitCode, removed.output).toBe(0);
    await expect(lstat(unit('multi-user.target.wants/appflux.service'))).rejects.toThrow('ENOENT');
    await expect(lstat(unit('appflux.service'))).rejects.toThrow('ENOENT');
    expect(existsSync(environment)).toBe(true);
  });

  test('without a runner stays without one when it is repeated', async () => {
    await service(['install', '--root', system], { APPFLUX_RUNNERS: '0' });
    await service(['install', '--root', system]);
    expect(existsSync(unit('appflux.service'))).toBe(true);
    expect(existsSync(unit('appflux-runner.service'))).toBe(false);
  });

  test('that takes a runner away does not start it any more', async () => {
    await service(['install', '--root', system]);
    await service(['install', '--root', system], { APPFLUX_RUNNERS: '0' });
    await expect(lstat(unit('multi-user.target.wants/appflux-runner.service'))).rejects.toThrow('ENOENT');
    expect(existsSync(unit('appflux-runner.service'))).toBe(false);
  });

  test('has units that systemd accepts, and finds as confined as the documentation says', async () => {
    const options = { root: ROOT, node: process.execPath, lowPorts: true, runner: true };
    const folder = join(system, 'units');
    await mkdir(folder);
    const files = [join(folder, 'appflux.service'), join(folder, 'appflux-runner.service')];
    await writeFile(files[0] ?? '', instanceUnit(options));
    await writeFile(files[1] ?? '', runnerUnit(options));
    const verified = await execa('systemd-analyze', ['verify', '--man=no', ...files], {
      all: true,
      reject: false,
    });
    const complaints = verified.all.split('\n').filter((line) => line.includes('appflux'));
    expect(complaints).toEqual([]);
    for (const file of files) {
      // In tenths: docs/self-hosting.md names the figures.
      const { exitCode, all } = await execa(
        'systemd-analyze',
        ['security', '--offline=true', '--threshold=25', file],
        { all: true, reject: false },
      );
      expect(exitCode, all).toBe(0);
    }
  });

  test('would not accept a unit with a setting that it does not know', async () => {
    const file = join(system, 'appflux.service');
    const options = { root: ROOT, node: process.execPath, lowPorts: true, runner: true };
    await writeFile(file, instanceUnit(options).replace('ProtectHome=yes', 'ProtectHome=perhaps'));
    const { all } = await execa('systemd-analyze', ['verify', '--man=no', file], {
      all: true,
      reject: false,
    });
    expect(all).toMatch(/appflux\.service:\d+: .*perhaps/);
  });
});

test.skipIf(!has('logrotate'))(
  `logrotate accepts its configuration${has('logrotate') ? '' : ' (logrotate is not installed)'}`,
  async () => {
    const file = join(system, 'appflux');
    // The users don't exist here.
    await writeFile(file, logrotate().replace('su appflux appflux', 'su root root'), { mode: 0o644 });
    const { exitCode, all } = await execa('/usr/sbin/logrotate', ['--debug', file], {
      all: true,
      reject: false,
    });
    expect(all).not.toMatch(/^error:/m);
    expect(exitCode).toBe(0);
  },
);

test('a command that there is none of, and settings that can’t work, are one sentence', async () => {
  const unknown = await service(['instal']);
  expect(unknown).toMatchObject({
    exitCode: 1,
    output: expect.stringContaining('Unknown command instal: use'),
  });
  const several = await service(['install', '--root', system], { APPFLUX_RUNNERS: '3' });
  expect(several.output).toContain('set APPFLUX_SLOTS');
  const wrong = await service(['install', '--root', system], { APPFLUX_TLS: 'auto' });
  expect(wrong.output).toMatch(/^\s*APPFLUX_TLS=auto needs a PUBLIC_URL/);
  expect(existsSync(join(system, 'etc'))).toBe(false);
});
