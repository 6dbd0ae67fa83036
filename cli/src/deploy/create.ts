/** Creates a deployment, also over a connection that is lost in the middle. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnreachableError } from '@appflux/client';
import type { CreateDeployment, Deployment } from '@appflux/protocol';
import type { Session } from '../context.ts';

const WAITS_MS = [1000, 3000, 8000];

/** Creates one deployment, however often the call has to be repeated. */
export const createOnce = ({ client }: Session, slug: string, body: CreateDeployment): Promise<Deployment> =>
  repeated((options) => client.deployments.create(slug, body, options));

/** Repeats a call that creates something while the instance can't be reached, with the same key. */
export async function repeated<Created>(
  create: (options: { idempotencyKey: string }) => Promise<Created>,
): Promise<Created> {
  const idempotencyKey = randomUUID();
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await create({ idempotencyKey });
    } catch (error) {
      const wait = WAITS_MS[attempt];
      if (!(error instanceof UnreachableError) || wait === undefined) throw error;
      await sleep(wait);
    }
  }
}
