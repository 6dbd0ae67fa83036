/** A separate control plane for a test: the real Worker in workerd, on a free loopback port, with fresh state. */

import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@appflux/client';
import { type EdgeConfig, publicUrl, s3Endpoint } from '../../stack/edge/config.ts';
import { type BundleContent, bundleControlPlane } from '../../stack/edge/control-plane-bundle.ts';
import { migrateDatabases } from '../../stack/edge/migrations.ts';
import { type RunningEdge, startEdge } from '../../stack/edge/process.ts';
import { fingerprint, readTree } from '../../stack/fingerprint.ts';
import { bundleHost, hostWranglerConfig } from '../../stack/servers/prepare.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const WRANGLER_CONFIG = join(ROOT, 'wrangler.toml');
const KEYS = { accessKeyId: 'test-access-key-id', secretAccessKey: 'test-secret-access-key' };
const OPERATOR_SECRET = 'operator-secret-of-a-test-instance-0123456789';
/** More than any test needs that is not about this limit. Bytes. */
const SERVERS_MEMORY = 1024 ** 3;
const BOOTSTRAP_TOKEN = 'bootstrap-token-of-a-test-instance-0123456789';

export interface EdgeInstance {
  readonly url: string;
  /** An API token of the owner with all scopes. */
  readonly token: string;
  readonly operatorSecret: string;
  /** Where databases and objects are stored, and the direct URL of its bucket without a proxy in between. */
  readonly persist: string;
  readonly bucket: { readonly url: string; readonly accessKeyId: string; readonly secretAccessKey: string };
  /** Kills the process and starts it again with the same state. `meanwhile` runs while it is down. */
  crash(meanwhile?: () => void | Promise<void>): Promise<void>;
  /** Kills workerd only, and waits until its parent has started another. */
  killRuntime(): Promise<void>;
  /** Its log so far. */
  output(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts an instance. `reachedAt` is the URL for its clients if a proxy is in between; `variables` and `config` override those
 * that every instance has; `serverVars` those of the host Worker.
 */
export async function startInstance(
  options: {
    reachedAt?: (port: number) => string;
    variables?: Record<string, string> | ((port: number) => Record<string, string>);
    config?: Partial<EdgeConfig>;
    serverVars?: Record<string, string>;
  } = {},
): Promise<EdgeInstance> {
  const state = await mkdtemp(join(tmpdir(), 'appflux-edge-'));
  const port = await freePort();
  const url = options.reachedAt?.(port) ?? publicUrl(port);
  const variables =
    typeof options.variables === 'function' ? options.variables(port) : (options.variables ?? {});
  const main = await edgeBundle({ mongodb: variables.MONGODB_URI !== undefined });
  const standard = edgeConfig({ main, state, port, url, variables });
  const config = {
    ...standard,
    servers: { ...(await serversConfig(state, standard.variables)), vars: options.serverVars ?? {} },
    ...options.config,
  };
  await cp(await migratedState(), config.persist, { recursive: true });
  const logFile = join(state, 'edge.log');
  let edge: RunningEdge = await startEdge(config, { env: process.env, logFile });
  const { operator } = createClient({ url: publicUrl(port), token: OPERATOR_SECRET });
  try {
    await operator.setUp({ bootstrapToken: BOOTSTRAP_TOKEN });
  } catch (error) {
    await edge.stop(0);
    throw error;
  }
  return {
    url,
    token: BOOTSTRAP_TOKEN,
    operatorSecret: OPERATOR_SECRET,
    persist: config.persist,
    bucket: { url: `${s3Endpoint(port)}/${config.bucket.name}`, ...KEYS },
    crash: async (meanwhile) => {
      await edge.stop(0);
      await meanwhile?.();
      edge = await startEdge(config, { env: process.env, logFile });
    },
    killRuntime: () => killRuntime(edge.pid, publicUrl(port)),
    output: () => edge.output(),
    stop: async () => {
      await edge.stop(5_000);
      await rm(state, { recursive: true, force: true });
    },
  };
}

/** Kills the children of an edge process, and waits until it answers again. */
async function killRuntime(pid: number, url: string): Promise<void> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  for (const child of children.trim().split(' ')) process.kill(Number(child), 'SIGKILL');
  const deadline = Date.now() + 60_000;
  for (;;) {
    const isUp = await fetch(`${url}/api/health`).then(
      ({ ok }) => ok,
      // Nothing listens until the next one does.
      () => false,
    );
    if (isUp) return;
    if (Date.now() > deadline) throw new Error('The control plane did not come back after its runtime died');
    await sleep(100);
  }
}

/** The Worker's bundle, shared by all instances of a checkout that keep metadata in D1, or in MongoDB. */
export const edgeBundle = (content: BundleContent = { mongodb: false }): Promise<string> =>
  bundleControlPlane(
    ROOT,
    join(ROOT, 'node_modules', '.cache', 'appflux-e2e', content.mongodb ? 'edge-mongodb' : 'edge'),
    content,
  );

/** The host Worker's bundle, shared likewise. */
export const hostBundle = (): Promise<string> =>
  bundleHost(ROOT, join(ROOT, 'node_modules', '.cache', 'appflux-e2e', 'servers'));

/** The process that runs the servers of sites. */
async function serversConfig(
  state: string,
  variables: EdgeConfig['variables'],
): Promise<NonNullable<EdgeConfig['servers']>> {
  return {
    wranglerConfig: hostWranglerConfig(ROOT),
    main: await hostBundle(),
    persist: join(state, 'servers'),
    sockets: join(state, 'run'),
    logFile: join(state, 'servers.log'),
    memoryBytes: SERVERS_MEMORY,
    allowPrivate: variables.APPFLUX_ALLOW_PRIVATE_TARGETS === '1',
  };
}

/**
 * Databases with all migrations, in a folder that instances copy: to apply them takes longer than everything else of a
 * start. Tests of migrations start from nothing, and don't use it.
 */
export async function migratedState(): Promise<string> {
  const hash = fingerprint(
    await readTree(join(ROOT, 'edge', 'migrations')),
    await readFile(WRANGLER_CONFIG, 'utf8'),
  );
  const folder = join(ROOT, 'node_modules', '.cache', 'appflux-e2e', `migrated-${hash.slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  const made = await mkdtemp(`${folder}-`);
  await migrateDatabases({ wranglerConfig: WRANGLER_CONFIG, persist: made });
  try {
    await rename(made, folder);
  } catch (error) {
    // Another process has made it at the same time.
    if (!existsSync(folder)) throw error;
    await rm(made, { recursive: true });
  }
  return folder;
}

/** The config of an edge process of the tests. `url` is where its clients reach it, if that is not its own port. */
export function edgeConfig(options: {
  main: string;
  state: string;
  port: number;
  url?: string;
  variables: Record<string, string>;
}): EdgeConfig {
  const { main, state, port, url = publicUrl(port) } = options;
  return {
    port,
    wranglerConfig: WRANGLER_CONFIG,
    main,
    persist: join(state, 'edge'),
    // Whatever the disk of the machine that runs the tests.
    minFreeBytes: 0,
    bucket: { name: 'appflux-test', ...KEYS },
    variables: {
      PUBLIC_URL: url,
      SITES_DOMAIN: `sites.localhost:${port}`,
      S3_BUCKET: 'appflux-test',
      S3_ENDPOINT: s3Endpoint(port).replace(publicUrl(port), url),
      S3_ACCESS_KEY_ID: KEYS.accessKeyId,
      S3_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
      OPERATOR_SECRET,
      SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
      ...options.variables,
    },
  };
}

/** A port that nothing listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        address !== null && typeof address === 'object'
          ? resolve(address.port)
          : reject(new Error('no port')),
      );
    });
  });
}
