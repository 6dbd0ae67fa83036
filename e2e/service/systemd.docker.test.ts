/** `npm run service` under a running systemd: installed, supervised, logged with levels, booted, removed. */
import { stat } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { BootedSystem, CannotBoot, cloneImage } from './system.ts';

const UNITS = 'appflux appflux-runner';
const LONG = { timeout: 120_000, interval: 500 };

/** The engine's socket on this machine. */
const SOCKET = (process.env.DOCKER_HOST || 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');

describe('services of systemd', { timeout: 300_000 }, () => {
  let system: BootedSystem | undefined;
  let missing: string | null = null;

  beforeAll(async () => {
    const engine = connectEngine();
    await ensureWebImage(engine);
    const { gid } = await stat(SOCKET);
    try {
      system = await BootedSystem.start(engine, SOCKET, cloneImage(gid));
    } catch (error) {
      if (!(error instanceof CannotBoot)) throw error;
      missing = `systemd does not boot in a container here: ${error.message}`;
    }
  });

  afterAll(() => system?.remove());

  beforeEach(({ skip }) => {
    if (missing !== null) skip(missing);
  });

  const sh = async (command: string, env: Record<string, string> = {}) => {
    const { exitCode, all } = (await system?.sh(command, env)) ?? { exitCode: 1, all: '' };
    return { exitCode, output: all.trim() };
  };
  const journal = async (more: string) => (await sh(`journalctl --no-pager --quiet -o cat ${more}`)).output;
  const states = async () => (await sh(`systemctl is-active ${UNITS}`)).output.split('\n');
  const connected = () => journal('-b -u appflux-runner --grep "Connected to the pool"');

  it('are installed by one command, and run as users of their own, one on a low port', async () => {
    const env = { APPFLUX_SCAN: 'off', APPFLUX_PORT: '80' };
    const installed = await sh('npm run --silent service -- install', env);
    expect(installed.exitCode, installed.output).toBe(0);
    expect(installed.output).not.toContain('Building');
    await expect.poll(states, LONG).toEqual(['active', 'active']);
    await expect.poll(connected, LONG).not.toBe('');
    expect(await journal('-u appflux')).toMatch(/^ready {2}http:\/\/localhost /m);
    const users = await sh(
      `for unit in ${UNITS}; do stat -c %U /proc/$(systemctl show -p MainPID --value $unit); done`,
    );
    expect(users.output.split('\n')).toEqual(['appflux', 'appflux-runner']);
    expect((await sh('systemctl show -p NRestarts --value appflux appflux-runner')).output).toMatch(
      /^0\s+0$/,
    );
  });

  it('are confined by systemd itself', async () => {
    const inside = (command: string) =>
      sh(`nsenter -t $(systemctl show -p MainPID --value appflux) -m sh -c '${command}'`);
    expect((await inside('touch /opt/appflux/x')).output).toContain('Read-only file system');
    expect((await inside('ls -A /home /root')).output.replaceAll(/\/\w+:|\s/g, '')).toBe('');
    const status = await sh('cat /proc/$(systemctl show -p MainPID --value appflux)/status');
    expect(status.output).toMatch(/^NoNewPrivs:\t1$/m);
    // CAP_NET_BIND_SERVICE, for port 80, and no other.
    expect(status.output).toMatch(/^CapEff:\t0000000000000400$/m);
  });

  it('write their lines with levels', async () => {
    expect(await journal('-p err -u appflux -u appflux-runner')).toBe('');
    // The brackets keep this shell, whose arguments have the pattern in them, from killing itself first.
    await sh(
      'for process in /proc/[0-9]*; do grep -q stack/[e]dge.ts $process/cmdline && kill -KILL $(basename $process); done',
    );
    const warnings = () => journal('-p warning -u appflux');
    await expect.poll(warnings, LONG).toContain('The control plane ended (SIGKILL); restarting');
    expect(await journal('-p err -u appflux')).not.toContain('restarting');
    // Without its engine the runner ends with an error.
    await sh('mv /run/docker.sock /run/gone.sock; systemctl restart --no-block appflux-runner');
    const errors = () => journal('-p err -u appflux-runner _COMM=node _COMM=MainThread');
    await expect.poll(errors, LONG).toContain('The Docker engine cannot be used');
    await sh('mv /run/gone.sock /run/docker.sock');
    await expect.poll(states, LONG).toEqual(['active', 'active']);
  });

  it('start after a boot', async () => {
    await system?.reboot();
    await expect.poll(connected, LONG).not.toBe('');
    expect(await states()).toEqual(['active', 'active']);
  });

  it('are removed; data and settings stay', async () => {
    const removed = await sh('npm run --silent service -- remove');
    expect(removed.exitCode, removed.output).toBe(0);
    expect(await states()).toEqual(['inactive', 'inactive']);
    expect((await sh('ls /etc/systemd/system | grep appflux')).output).toBe('');
    expect((await sh('ls /var/lib/appflux/secrets.json /etc/appflux/environment')).exitCode).toBe(0);
  });
});
