/** Who may open the socket of an attempt: the runner that holds the lease, by its own credential, and nobody else. */
import { env } from 'cloudflare:workers';
import { CLOSE, type Grant, LEASE_TOKEN_HEADER } from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { connectAttempt, givenRunner, leaseOf } from '../testing/attempt.ts';
import { forgetAll, request } from '../testing/worker.ts';
import { givenQueued } from './testing/queued.ts';

type Runner = Awaited<ReturnType<typeof givenRunner>>;

let ownerId: string;
let deploymentId: string;
let holder: Runner;
let grant: Grant;

beforeEach(async () => {
  await forgetAll();
  ({ id: deploymentId, ownerId } = await givenQueued());
  holder = await givenRunner(ownerId);
  grant = await leaseOf(deploymentId, holder);
});

/** Lets the holder's attempt end, and gives the lease of the next one to `runner`. */
async function nextAttempt(runner: Runner): Promise<Grant> {
  await env.DEPLOYMENTS.getByName(deploymentId).restarted(holder.id, grant.attempt);
  return leaseOf(deploymentId, runner);
}

test('the runner that holds the lease is welcomed', async () => {
  const { next } = await connectAttempt(grant, holder.credential);
  await next('welcome');
});

describe('a leaked lease token is of no use', () => {
  test.each<[string, () => string]>([
    ['with the credential of another team’s runner', () => crypto.randomUUID()],
    ['with the credential of another runner of the same team', () => ownerId],
  ])('%s', async (_name, ownerOf) => {
    const lawful = await connectAttempt(grant, holder.credential);
    await lawful.next('welcome');
    const other = await connectAttempt(grant, (await givenRunner(ownerOf())).credential);
    expect((await other.closed).code).toBe(CLOSE.staleAttempt);
    // The connection of the lease's own runner was not replaced by it.
    lawful.send({
      type: 'upload',
      request: 'r',
      name: 'a.zip',
      size: 1,
      sha256: '0'.repeat(64),
      contentType: 'a/b',
      meta: {},
    });
    await lawful.next('upload_granted');
  });

  test('with a header that names the lease’s runner', async () => {
    const stranger = await givenRunner(crypto.randomUUID());
    const { webSocket } = await request(
      `/api/deployments/${deploymentId}/attempts/${grant.attempt}/connect`,
      {
        token: stranger.credential,
        headers: {
          Upgrade: 'websocket',
          [LEASE_TOKEN_HEADER]: grant.leaseToken,
          'X-AppFlux-Runner': JSON.stringify({ id: holder.id, ownerId }),
        },
      },
    );
    const closed = new Promise((resolve) =>
      webSocket?.addEventListener('close', ({ code }) => resolve(code)),
    );
    webSocket?.accept();
    expect(await closed).toBe(CLOSE.staleAttempt);
  });

  test('with the credential of a runner that was removed', async () => {
    await metadataOf(env).runners.delete(holder.id);
    await expect(connectAttempt(grant, holder.credential)).rejects.toThrow('401');
  });

  test('without any credential', async () => {
    await expect(connectAttempt(grant, 'afr_unknown')).rejects.toThrow('401');
  });
});

describe('the lease’s own runner is refused', () => {
  test('with the attempt and token of before', async () => {
    await nextAttempt(holder);
    const { closed } = await connectAttempt(grant, holder.credential);
    expect((await closed).code).toBe(CLOSE.staleAttempt);
  });

  test('with the current attempt and the token of before', async () => {
    const { attempt } = await nextAttempt(holder);
    const { closed } = await connectAttempt({ ...grant, attempt }, holder.credential);
    expect((await closed).code).toBe(CLOSE.staleAttempt);
  });

  test('once another runner has the next attempt, even with that one’s token', async () => {
    const other = await givenRunner(ownerId);
    const current = await nextAttempt(other);
    const { closed } = await connectAttempt(current, holder.credential);
    expect((await closed).code).toBe(CLOSE.staleAttempt);
    await (await connectAttempt(current, other.credential)).next('welcome');
  });

  test('with the token of another deployment that it holds', async () => {
    const { closed } = await connectAttempt({ ...grant, leaseToken: 'afl_other' }, holder.credential);
    expect((await closed).code).toBe(CLOSE.staleAttempt);
  });
});
