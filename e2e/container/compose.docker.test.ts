/** compose.yaml as people run it: the image, an instance with https and a runner beside it, a first deployment. */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { freePort } from '../../stack/free-port.ts';
import { fetchByLoopback } from '../instance/caller.ts';
import { Client } from '../instance/client.ts';
import { fixtureZip } from '../source/zip.ts';
import { ComposeProject, findCompose, freeLowPort, writeOverride } from './compose.ts';

const HOST = 'flux.example.test';
const SITES = 'sites.example.test';
const TOKEN = 'token-for-scripts-of-the-container-test-0123456789';

const compose = await findCompose();
const skipped = compose === null ? ' (skipped: Compose is not installed)' : '';

describe.skipIf(compose === null)(`an instance in containers${skipped}`, { timeout: 300_000 }, () => {
  const engine = connectEngine();
  let folder: string;
  let project: ComposeProject;
  let url: string;
  let client: Client;
  let restoreFetch: (() => void) | undefined;

  const inspected = async (service: string) => (await project.container(service)).inspect();
  const isReady = async () =>
    /^.*ready {2}(\S+) {2}sign in once with (\S+)$/m.exec(await project.logs('appflux'));
  const onlineRunners = async () => {
    // Refused while it starts.
    const runners = await client.runners().catch(() => []);
    return runners.filter(({ status }) => status === 'online').map(({ id, name }) => ({ id, name }));
  };
  const sizeOfArtifact = async () => {
    const [deployment] = (await client.api.deployments.listOf('shop')).items;
    const response = await fetch(deployment?.artifacts[0]?.url ?? '');
    return (await response.arrayBuffer()).byteLength;
  };

  beforeAll(async () => {
    await ensureWebImage(engine);
    // A short name: the proxy's socket in the runner's folder may have a path of 107 bytes.
    folder = await mkdtemp(join(tmpdir(), 'c-'));
    // Users of the container read the certificate and enter the runner's folder.
    await chmod(folder, 0o755);
    const override = await writeOverride(folder);
    const file = (name: string) => join(folder, 'certificates', name);
    await execa('openssl', [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${HOST}`],
      ...[
        '-addext',
        `subjectAltName=DNS:${HOST},DNS:*.${SITES}`,
        '-keyout',
        file('key.pem'),
        '-out',
        file('cert.pem'),
      ],
    ]);
    await chmod(file('key.pem'), 0o644);
    restoreFetch = fetchByLoopback(await readFile(file('cert.pem'), 'utf8'));
    const [port, httpsPort, httpPort] = [await freePort(), await freePort(), await freeLowPort()];
    url = `https://${HOST}:${httpsPort}`;
    client = new Client({ url, token: TOKEN });
    project = new ComposeProject(engine, compose ?? [], [override], {
      COMPOSE_PROJECT_NAME: `appflux-test-${process.pid}`,
      PUBLIC_URL: url,
      SITES_DOMAIN: SITES,
      APPFLUX_TLS: 'files',
      APPFLUX_TLS_CERT: '/certificates/cert.pem',
      APPFLUX_TLS_KEY: '/certificates/key.pem',
      APPFLUX_PORT: String(port),
      APPFLUX_HTTP_PORT: String(httpPort),
      APPFLUX_HTTPS_PORT: String(httpsPort),
      APPFLUX_BOOTSTRAP_TOKEN: TOKEN,
      APPFLUX_BACKUP_PASSPHRASE: 'a passphrase of the container test',
      APPFLUX_SCAN: 'off',
      APPFLUX_RUNNER_STATE: join(folder, 'runner'),
    });
    await project.run(['up', '-d']);
  });

  afterAll(async () => {
    restoreFetch?.();
    if (project !== undefined) {
      // Files there belong to users of the containers.
      const remove = ['run', '--rm', '--no-deps', '-T', 'runner', 'sh', '-c'];
      await project.run([...remove, 'rm -rf "$APPFLUX_RUNNER_STATE"/*'], { reject: false });
      await project.run(['down', '--volumes', '--timeout', '30'], { reject: false });
    }
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  it('prints a link that signs the owner in', async () => {
    await expect.poll(isReady, { timeout: 120_000, interval: 500 }).not.toBeNull();
    const [, address, link = ''] = (await isReady()) ?? [];
    expect(address).toBe(url);
    const token = new URLSearchParams(new URL(link).hash.slice(1)).get('token_hash');
    const body = JSON.stringify({ type: 'magiclink', token_hash: token });
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`${url}/auth/v1/verify`, { method: 'POST', headers, body });
    expect(response.status, await response.text()).toBe(200);
  });

  it('runs without privileges, on a read-only file system', async () => {
    for (const service of ['appflux', 'runner']) {
      const { HostConfig } = await inspected(service);
      expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'], Privileged: false });
    }
    const all = await project.exec('appflux', ['sh', '-c', 'id -u; touch /opt/appflux/x 2>&1']);
    expect(all).toMatch(/^10002\n.*Read-only file system/s);
  });

  it('has a runner beside it, without root and capabilities, that needed no second start', async () => {
    await expect.poll(onlineRunners, { timeout: 120_000 }).toMatchObject([{ name: 'service' }]);
    const status = 'for p in /proc/[0-9]*; do grep -q cli.ts $p/cmdline && cat $p/status; done';
    const all = await project.exec('runner', ['bash', '-c', status]);
    expect(all).toMatch(/^Uid:\t10003\t10003\t10003\t10003$/m);
    expect(all).toMatch(/^CapEff:\t0+$/m);
    expect(all).toMatch(/^NoNewPrivs:\t1$/m);
    expect(await inspected('runner')).toMatchObject({ RestartCount: 0 });
  });

  it('builds an upload, and gives out the artifact', async () => {
    await client.createApp({ name: 'Shop', slug: 'shop' });
    const source = await client.upload('shop.zip', await fixtureZip('vite-react'));
    const { id } = await client.deploy('shop', { uploadId: source });
    const { failure, artifacts } = await client.untilEnded(id);
    expect(failure, JSON.stringify((await client.logs(id)).items.slice(-20))).toBeNull();
    expect(artifacts).toMatchObject([{ meta: { entry: 'index.html' } }]);
    expect(await sizeOfArtifact()).toBe(artifacts[0]?.size);
  });

  it('makes a backup, and checks itself, by commands in its container', async () => {
    const npmRun = ['npm', 'run', '--silent'];
    expect(await project.exec('appflux', [...npmRun, 'backup', '--', '/tmp/appflux.backup'])).toMatch(
      /snapshot/i,
    );
    expect(await project.exec('appflux', ['ls', '/tmp'])).toContain('appflux.backup');
    expect(await project.exec('appflux', [...npmRun, 'doctor'])).toContain('The instance is running');
    const { State } = await inspected('appflux');
    expect(State.Health, JSON.stringify(State.Health)).toMatchObject({ FailingStreak: 0 });
    expect(await project.exec('appflux', ['node', 'stack/instance-image/health.ts'])).toContain(
      'answers 200',
    );
  });

  it('ends with exit code 0 within the grace period, and has its data and its runner afterwards', async () => {
    const before = await onlineRunners();
    await project.run(['stop']);
    for (const service of ['appflux', 'runner']) {
      // 137 would be a kill.
      expect((await inspected(service)).State, service).toMatchObject({ Status: 'exited', ExitCode: 0 });
    }
    await project.run(['start']);
    await expect.poll(onlineRunners, { timeout: 120_000 }).toEqual(before);
    expect(await sizeOfArtifact()).toBeGreaterThan(0);
  });
});
