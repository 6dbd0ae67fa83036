/** An instance whose Worker has a real pool, and stand-ins for the objects of deployments. */
import { join } from 'node:path';
import { createClient } from '@appflux/client';
import { freePort } from '../../e2e/instance/edge.ts';
import { publicUrl } from '../../stack/edge/config.ts';
import { startEdge } from '../../stack/edge/process.ts';
import { wrapWorker } from '../wrapped-worker.ts';

const OPERATOR_SECRET = 'operator-secret-of-a-bench-instance-0123456789';
const TOKEN = 'bootstrap-token-of-a-bench-instance-0123456789';
const KEYS = { accessKeyId: 'bench-access-key-id', secretAccessKey: 'bench-secret-access-key' };

/** Runners that are registered by one request. */
const REGISTERED_AT_ONCE = 500;

export interface PoolInstance {
  readonly url: string;
  readonly port: number;
  /** Spreads the pool over so many objects, which stay so many. */
  split(shards: number): Promise<void>;
  /** Registers so many runners of one slot. */
  register(runners: number): Promise<void>;
  /** Offers so many more jobs of so many apps. From then on each that ends is followed by another. */
  fill(jobs: number, apps: number): Promise<void>;
  /** Withdraws everything, and offers nothing more. */
  clear(): Promise<void>;
  load(): Promise<{ running: number; queued: number }>;
  stop(): Promise<void>;
}

/** Starts an instance with a state folder, on a free port or on this one. */
export async function startPoolInstance(state: string, samePort?: number): Promise<PoolInstance> {
  const port = samePort ?? (await freePort());
  const url = publicUrl(port);
  const { wranglerConfig, main } = await wrapWorker('bench/pool/worker');
  const edge = await startEdge(
    {
      port,
      wranglerConfig,
      main,
      persist: join(state, 'edge'),
      bucket: { name: 'appflux-bench', ...KEYS },
      variables: {
        PUBLIC_URL: url,
        SITES_DOMAIN: `sites.localhost:${port}`,
        S3_BUCKET: 'appflux-bench',
        S3_ENDPOINT: url,
        S3_ACCESS_KEY_ID: KEYS.accessKeyId,
        S3_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
        OPERATOR_SECRET,
        SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
        CALLS_PER_SECOND: '',
      },
    },
    { env: process.env, logFile: join(state, 'edge.log') },
  );
  const { operator } = createClient({ url, token: OPERATOR_SECRET });
  const { owner } = await operator.setUp({ bootstrapToken: TOKEN });
  const ask = async (path: string, query: Record<string, number> = {}) => {
    const all = Object.entries({ owner: owner.id, ...query }).map(([name, value]) => [name, String(value)]);
    const response = await fetch(`${url}/bench/${path}?${new URLSearchParams(all)}`);
    if (!response.ok) throw new Error(`${path} failed: ${response.status} ${await response.text()}`);
    return response;
  };
  return {
    url,
    port,
    split: async (shards) => void (shards > 1 && (await ask('split', { shards }))),
    register: async (runners) => {
      for (let from = 0; from < runners; from += REGISTERED_AT_ONCE)
        await ask('runners', { from, to: Math.min(runners, from + REGISTERED_AT_ONCE) });
    },
    fill: async (count, apps) => void (await ask('fill', { count, apps })),
    clear: async () => void (await ask('clear')),
    load: async () => (await ask('load')).json(),
    stop: async () => void (await edge.stop(5_000)),
  };
}
