/** Looking at a repository before there is an app. */
import { AppFluxError, ErrorBody, Look, ObjectId, StartedLook, StartLook } from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import type { Env } from '../env.ts';
import { bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import type { Caller } from '../identity/caller.ts';
import { sealTask } from '../look/task.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { poolOf } from '../pools/team-pool.ts';
import { throttleOf } from '../throttle/index.ts';
import type { Rule } from '../throttle/rule.ts';

/** Looks without a wait; then one in five seconds, and if that goes on, one a minute. */
const LOOKS: Rule = { free: 30, firstWaitMs: 5_000, longestWaitMs: 60_000 };

/** Who asked: a person in person, a program by its token, or the operator. */
const idOf = ({ kind, id }: Caller): string => `${kind}:${id ?? ''}`;

/** Whose looks are counted: a person's together with those of their tokens, which they can make any number of. */
const countedFor = (caller: Caller): string =>
  caller.userId === null ? idOf(caller) : `user:${caller.userId}`;

export const looks = router();

looks.openapi(
  createRoute({
    method: 'post',
    path: '/api/apps/look',
    summary: 'Look at a repository: what it would be built as',
    description:
      'One of the team’s runners fetches one commit and detects the settings, running nothing. It takes a few seconds: ask `GET /api/apps/look/{id}` until it has ended. Nothing is kept for longer than ten minutes, the credential not beyond the end.',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('apps:write')] as const,
    request: { body: jsonBody(StartLook) },
    responses: {
      202: json(StartedLook, 'The look'),
      ...refusals,
      422: json(ErrorBody, 'The credential can’t be used'),
      429: json(ErrorBody, 'Too many looks'),
    },
  }),
  async (c) => {
    const caller = c.get('caller');
    await countLook(c.env, countedFor(caller));
    const id = newObjectId();
    const sealed = await sealTask(c.env, caller.ownerId, id, c.req.valid('json'));
    if (!(await poolOf(c.env, caller.ownerId).look({ id, callerId: idOf(caller), sealed })))
      throw tooMany('The team is looking at too many repositories', 10);
    return c.json({ id }, 202);
  },
);

looks.openapi(
  createRoute({
    method: 'get',
    path: '/api/apps/look/{id}',
    summary: 'Get how far a look is, and its result',
    tags: ['apps'],
    security: bearer,
    middleware: [needs('apps:write')] as const,
    request: { params: z.object({ id: ObjectId }) },
    responses: { 200: json(Look, 'The look'), ...refusals },
  }),
  async (c) => {
    const caller = c.get('caller');
    const { id } = c.req.valid('param');
    const look = await poolOf(c.env, caller.ownerId).lookOf(id, idOf(caller));
    if (look === null)
      throw new AppFluxError('not_found', `There is no look ${id}`, {
        hint: 'A look is kept for ten minutes. Start a new one.',
      });
    return c.json(look, 200);
  },
);

async function countLook(env: Env, whom: string): Promise<void> {
  const rule = { what: 'looks', whom: [whom], rule: LOOKS };
  const waitMs = await (await throttleOf(env, whom, [rule])).count();
  if (waitMs > 0) throw tooMany('You are looking at too many repositories', Math.ceil(waitMs / 1000));
}

const tooMany = (message: string, seconds: number) =>
  new AppFluxError('too_many_requests', message, {
    hint: `Try again in ${seconds} seconds.`,
    retryAfterSeconds: seconds,
  });
