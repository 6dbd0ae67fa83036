/** An instance whose Worker is the counting one, with a counting proxy in front of its S3 endpoint. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@appflux/client';
import { freePort } from '../../e2e/instance/edge.ts';
import { publicUrl } from '../../stack/edge/config.ts';
import { startEdge } from '../../stack/edge/process.ts';
import { wrapWorker } from '../wrapped-worker.ts';
import type { Counts } from './counts.ts';
import { type S3Counts, startS3Counter } from './s3-counter.ts';

const OPERATOR_SECRET = 'operator-secret-of-a-bench-instance-0123456789';
const TOKEN = 'bootstrap-token-of-a-bench-instance-0123456789';
const KEYS = { accessKeyId: 'bench-access-key-id', secretAccessKey: 'bench-secret-access-key' };

export interface CountedInstance {
  readonly url: string;
  readonly token: string;
  /** The bucket, through the counting proxy. */
  readonly bucket: { readonly url: string; readonly accessKeyId: string; readonly secretAccessKey: string };
  /** The team that the token belongs to. */
  readonly ownerId: string;
  /** The counts so far, with the operations at the S3 endpoint among R2's. */
  counts(): Promise<Counts>;
  /** Resets the counts. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** The folder with the databases of an instance that keeps its state. */
export const persistOf = (state: string): string => join(state, 'edge');

/** Starts an instance with a state folder, which is kept when it stops; without one, with a new one that is removed. */
export async function startCountedInstance(
  options: { state?: string; variables?: Record<string, string> } = {},
): Promise<CountedInstance> {
  const state = options.state ?? (await mkdtemp(join(tmpdir(), 'appflux-bench-')));
  const port = await freePort();
  const url = publicUrl(port);
  const s3 = await startS3Counter(port);
  const { wranglerConfig, main } = await wrapWorker('bench/cost/worker');
  const edge = await startEdge(
    {
      port,
      wranglerConfig,
      main,
      persist: persistOf(state),
      bucket: { name: 'appflux-bench', ...KEYS },
      variables: {
        PUBLIC_URL: url,
        SITES_DOMAIN: `sites.localhost:${port}`,
        S3_BUCKET: 'appflux-bench',
        S3_ENDPOINT: s3.endpoint,
        S3_ACCESS_KEY_ID: KEYS.accessKeyId,
        S3_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
        OPERATOR_SECRET,
        SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
        ...options.variables,
      },
    },
    { env: process.env, logFile: join(state, 'edge.log') },
  );
  const { operator } = createClient({ url, token: OPERATOR_SECRET });
  const { owner } = await operator.setUp({ bootstrapToken: TOKEN });
  return {
    url,
    token: TOKEN,
    bucket: { url: `${s3.endpoint}/appflux-bench`, ...KEYS },
    ownerId: owner.id,
    counts: async () => together(await (await fetch(`${url}/bench/counts`)).json(), s3.counts()),
    reset: async () => {
      await fetch(`${url}/bench/counts`, { method: 'DELETE' });
      s3.reset();
    },
    stop: async () => {
      await edge.stop(5_000);
      await s3.close();
      if (options.state === undefined) await rm(state, { recursive: true, force: true });
    },
  };
}

function together(inside: unknown, { classA, classB }: S3Counts): Counts {
  const counts = inside as Counts;
  return { ...counts, r2ClassA: counts.r2ClassA + classA, r2ClassB: counts.r2ClassB + classB };
}
