/** “Add runner”: the command of the dialog on a machine on which nothing of AppFlux is, until it builds a deployment. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@appflux/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { installCommand } from '../../dashboard/src/lib/runner/install-command.ts';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { removeTree } from '../../runner/src/sandbox/remove-tree.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { npm } from '../../stack/npm.ts';
import { ensureRunnerPackage } from '../../stack/runner-package/ensure.ts';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { zipOf } from '../source/zip.ts';
import { startFreshMachine } from './fresh-machine.ts';
import { type BootedSystem, CannotBoot } from './system.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SOCKET = (process.env.DOCKER_HOST || 'unix:///var/run/docker.sock').replace(/^unix:\/\//, '');
const LONG = { timeout: 60_000, interval: 500 };

describe('a machine on which nothing of AppFlux is', { timeout: 600_000 }, () => {
  let folder: string;
  /** The runner's state: at the same path here, because the engine is this machine's. */
  let state: string;
  let edge: EdgeInstance;
  let relay: Server;
  let system: BootedSystem | undefined;
  let missing: string | null = null;

  beforeAll(async () => {
    const engine = connectEngine();
    await ensureWebImage(engine);
    folder = await mkdtemp(join(tmpdir(), 'appflux-add-runner-'));
    // Not below /tmp, which the service doesn't see.
    await mkdir('/var/lib/appflux-test', { recursive: true });
    state = await mkdtemp('/var/lib/appflux-test/runner-');
    const assets = join(folder, 'assets');
    await mkdir(assets);
    await writeFile(join(assets, 'index.html'), '<!doctype html>');
    await ensureRunnerPackage(ROOT, assets);
    edge = await startInstance({ config: { assets } });
    relay = await relayTo(edge.url, join(state, 'edge.sock'));
    try {
      system = await startFreshMachine(engine, SOCKET, [state]);
    } catch (error) {
      if (!(error instanceof CannotBoot)) throw error;
      missing = `systemd does not boot in a container here: ${error.message}`;
    }
    const { port } = new URL(edge.url);
    await sh(
      `systemd-run --quiet socat TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr UNIX-CONNECT:${state}/edge.sock`,
    );
  });

  afterAll(async () => {
    await system?.sh('systemctl stop appflux-runner');
    await system?.remove();
    relay?.close();
    await edge?.stop();
    await removeTree(state);
    await rm(folder, { recursive: true, force: true });
  });

  beforeEach(({ skip }) => {
    if (missing !== null) skip(missing);
  });

  const sh = async (command: string) => {
    // Some networks have a registry of their own.
    const registry = await npm(['config', 'get', 'registry'], { cwd: ROOT, env: process.env });
    const { exitCode, all } = (await system?.sh(`cd /root && ${command}`, {
      npm_config_registry: registry.trim(),
    })) ?? { exitCode: 1, all: '' };
    return { exitCode, output: all.trim() };
  };
  const client = () => createClient({ url: edge.url, token: edge.token });

  it('becomes a runner by the command of the dialog, and builds', async () => {
    const { scriptUrl, scriptSha256 } = await client().runners.installer();
    const { token } = await client().runners.createToken();
    const labels = ['linux', 'spare'];
    const command = installCommand({ scriptUrl, scriptSha256, token, name: 'spare-one', labels });
    const installed = await sh(`${command} --state ${state}`);
    expect(installed.exitCode, installed.output).toBe(0);
    expect(installed.output).toContain('is online');
    expect(installed.output).not.toContain(token);
    const [runner] = await client().runners.list();
    expect(runner).toMatchObject({ name: 'spare-one', labels, status: 'online' });

    const user = await sh('stat -c %U /proc/$(systemctl show -p MainPID --value appflux-runner)');
    expect(user.output).toBe('appflux-runner');
    expect((await sh('systemctl is-enabled appflux-runner')).output).toBe('enabled');
    expect((await sh(`stat -c '%U %a' ${state}/runner.json`)).output).toBe('appflux-runner 600');

    const people = new Client(edge);
    await people.createApp({ name: 'Page', source: { provider: 'upload' }, build: { labels: ['spare'] } });
    const files = { 'index.html': '<h1>Built on a spare machine</h1>' };
    const uploadId = await people.upload('page.zip', await zipOf(files));
    const { id } = await people.deploy('page', { uploadId });
    const ended = await people.untilEnded(id, 120_000);
    expect(ended.failure).toBeNull();
    expect(ended).toMatchObject({ status: 'success', runner: { name: 'spare-one' } });
  });

  it('is upgraded by the same script without a token, and stays the same runner', async () => {
    const [before] = await client().runners.list();
    const again = await sh(`sh install-runner.sh --state ${state} < /dev/null`);
    expect(again.exitCode, again.output).toBe(0);
    expect(again.output).toContain('is registered already');
    await expect
      .poll(async () => (await client().runners.list()).map(({ id, status }) => [id, status]), LONG)
      .toEqual([[before?.id, 'online']]);
    expect((await sh('ls /opt/appflux-runner/versions | wc -l')).output).toBe('1');
  });

  it('keeps what it has if the script is damaged, the download is another, or the token was used', async () => {
    const { scriptUrl, scriptSha256 } = await client().runners.installer();
    const { token } = await client().runners.createToken();
    const damaged = installCommand({ scriptUrl, scriptSha256: '0'.repeat(64), token, name: 'x', labels: [] });
    const refused = await sh(damaged);
    expect(refused.exitCode).not.toBe(0);
    expect(refused.output).toContain('FAILED');

    await sh(`wget -qO other.sh ${scriptUrl} && sed -i "s/^SHA256=.*/SHA256=${'1'.repeat(64)}/" other.sh`);
    const another = await sh(`sh other.sh --state ${state} < /dev/null`);
    expect(another.exitCode).not.toBe(0);
    expect(another.output).toContain('has another checksum than this script');

    await client().runners.register({ token, name: 'used', labels: [], version: '0' });
    const again = installCommand({ scriptUrl, scriptSha256, token, name: 'x', labels: [] });
    const used = await sh(`${again} --replace --state ${state}`);
    expect(used.exitCode).not.toBe(0);
    expect(used.output).toContain('already used, expired, or never issued');
    expect((await sh('systemctl is-active appflux-runner')).output).toBe('active');
  });
});

/** A socket of this machine that leads to an instance: the other one has a loopback of its own. */
async function relayTo(url: string, path: string): Promise<Server> {
  const server = createServer((from) => {
    const to = connect(Number(new URL(url).port), '127.0.0.1');
    for (const socket of [from, to]) socket.on('error', () => [from, to].map((one) => one.destroy()));
    from.pipe(to).pipe(from);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}
