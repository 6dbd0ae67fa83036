/** What runners work through: their two WebSockets, and the way for lines that are left over. */
import {
  AppFluxError,
  AttemptRef,
  LEASE_TOKEN_HEADER,
  ObjectId,
  PROTOCOL_HEADER,
  RecoveredLines,
  RecoveredSeq,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { delivererOf } from '../deployment/prebuilt.ts';
import { type ApiEnv, bearer, json, jsonBody, refusals, router, runnerOnly } from '../http/router.ts';
import { authenticate, authenticateRunner } from '../identity/authenticate.ts';
import { requireScope } from '../identity/caller.ts';
import { bearerToken } from '../identity/request-token.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { poolOf } from '../pools/team-pool.ts';
import { passOn } from '../sockets/refuse.ts';
import { type AuthenticatedRunner, onBehalfOf } from '../sockets/runner-header.ts';
import { TOKEN_PREFIX } from '../token-prefix.ts';
import { requireProtocol, withProtocol } from './runner-protocol.ts';

export const runnerWork = router();

runnerWork.openapi(
  createRoute({
    method: 'post',
    path: '/api/deployments/{id}/attempts/{attempt}/lines',
    summary: 'Send lines of an attempt that its runner no longer runs',
    description:
      'For runners only, with their credential: what one has kept on disk when it was killed. A request may be repeated.',
    tags: ['runners'],
    security: bearer,
    middleware: [runnerOnly] as const,
    request: {
      params: z.object({ id: ObjectId, attempt: z.coerce.number().int().min(1) }),
      body: jsonBody(RecoveredLines),
    },
    responses: { 200: json(RecoveredSeq, 'How far the attempt’s lines are stored'), ...refusals },
  }),
  async (c) => {
    const { id, attempt } = c.req.valid('param');
    const { id: runnerId, ownerId } = c.get('runner');
    const sender = { id: runnerId, ownerId };
    const recovered = await deploymentOf(c.env, id).recover(sender, attempt, c.req.valid('json'));
    if (recovered === null) throw new AppFluxError('not_found', `There is no deployment ${id}`);
    if (!('refused' in recovered)) return c.json(recovered, 200);
    switch (recovered.refused) {
      case 'misnumbered':
        throw new AppFluxError('bad_request', 'The lines must be numbered without gaps');
      case 'already_ended':
        throw new AppFluxError('already_ended', 'The deployment has ended, and its log with it');
      case 'stale_attempt':
        throw new AppFluxError('stale_attempt', `This runner never had attempt ${attempt}, or has it now`);
    }
  },
);

// The two WebSockets of a runner; protocol/src/pool-socket.ts and attempt-socket.ts say what they carry.

runnerWork.get('/api/pool/connect', async (c) => {
  const runner = await authenticateRunner(c.req.raw, c.get('metadata'));
  requireUpgrade(c.req.header('upgrade'));
  await requireProtocol(c.req.header(PROTOCOL_HEADER), runner, c.get('metadata'));
  const connecting = onBehalfOf(runner, c.req.raw, 'https://pool/');
  return withProtocol(passOn(await poolOf(c.env, runner.ownerId).connect(runner.id, connecting)));
});

runnerWork.get('/api/deployments/:id/attempts/:attempt/connect', async (c) => {
  const holder = await leaseHolder(c);
  requireUpgrade(c.req.header('upgrade'));
  const ref = AttemptRef.safeParse({
    deploymentId: c.req.param('id'),
    attempt: Number(c.req.param('attempt')),
  });
  if (!ref.success) throw new AppFluxError('not_found', 'Attempt not found');
  if (c.req.header(LEASE_TOKEN_HEADER) === undefined) {
    throw new AppFluxError('bad_request', `The header ${LEASE_TOKEN_HEADER} is missing`);
  }
  const { deploymentId, attempt } = ref.data;
  const connecting = onBehalfOf(holder, c.req.raw, `https://deployment/attempt/${attempt}`);
  return passOn(await deploymentOf(c.env, deploymentId).fetch(connecting));
});

/**
 * Who asks for an attempt's socket: a runner by its credential, or a caller of the API who delivers a prebuilt output.
 * Whether they hold the lease, the deployment's object decides.
 */
async function leaseHolder(c: Context<ApiEnv>): Promise<AuthenticatedRunner> {
  const metadata = c.get('metadata');
  if (bearerToken(c.req.raw)?.startsWith(TOKEN_PREFIX.runner) !== false)
    return authenticateRunner(c.req.raw, metadata);
  const caller = await authenticate(c.req.raw, c.env, metadata);
  requireScope(caller, 'deployments:write');
  const { id, name } = delivererOf(caller);
  return { id, name, ownerId: caller.ownerId, labels: [], slots: 1, executor: null, draining: false };
}

function requireUpgrade(upgrade: string | undefined): void {
  if (upgrade?.toLowerCase() !== 'websocket') {
    throw new AppFluxError('bad_request', 'This URL accepts only WebSocket connections');
  }
}
