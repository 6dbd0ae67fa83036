/** Creates a deployment, also over a connection that is lost in the middle. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnreachableError } from '@appflux/client';
import type { CreateDeployment, Deployment } from '@appflux/protocol';
import type { Session } from '../context.ts';

const WAITS_MS = [1000, 3000, 8000];

/** Creates one deployment, however often the call has to be repeated. */
export async function createOnce(
  { client }: Session,
  slug: string,
  body: CreateDeployment,
): Promise<Deployment> {
  const idempotencyKey = randomUUID();
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await client.deployments.create(slug, body, { idempotencyKey });
    } catch (error) {
      const wait = WAITS_MS[attempt];
      if (!(error instanceof UnreachableError) || wait === undefined) throw error;
      await sleep(wait);
    }
  }
}
