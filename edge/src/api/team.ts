/** The team as a whole: taking it away. */
import { AppFluxError, DeleteTeam, ErrorBody } from '@appflux/protocol';
import { createRoute } from '@hono/zod-openapi';
import { createMiddleware } from 'hono/factory';
import { note } from '../audit/note.ts';
import { type ApiEnv, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import { actorOf } from '../identity/caller.ts';
import { deleteTeam } from '../removal/delete-team.ts';
import { teamName } from '../teams/team.ts';
import { actsAsOwner } from './members.ts';

/** Lets through owners. Comes after a middleware that sets `caller`, and before the input is looked at. */
const ownersOnly = createMiddleware<ApiEnv>(async (c, next) => {
  if (!actsAsOwner(c.get('caller'))) {
    throw new AppFluxError('forbidden', 'Only an owner can delete a team', {
      hint: 'Ask an owner of the team.',
    });
  }
  await next();
});

export const team = router();

team.openapi(
  createRoute({
    method: 'delete',
    path: '/api/team',
    summary: 'Delete the team with everything in it',
    description:
      'Deletes its apps with their deployments, logs and artifacts, its runners, tokens, members and audit log. Only an owner can delete a team, and has to send its name as in GET /api/me. The team of the instance’s owner can’t be deleted. If the call is interrupted, repeat it.',
    tags: ['people'],
    security: bearer,
    middleware: [needs('admin'), ownersOnly] as const,
    request: { body: jsonBody(DeleteTeam) },
    responses: {
      204: { description: 'Deleted' },
      ...refusals,
      422: json(ErrorBody, 'Wrong team name'),
    },
  }),
  async (c) => {
    const caller = c.get('caller');
    const metadata = c.get('metadata');
    const teamId = caller.ownerId;
    const instance = await metadata.users.owner();
    if (instance?.id === teamId) {
      throw new AppFluxError('instance_owner', 'The team of the instance’s owner can’t be deleted', {
        hint: 'Delete its apps and runners, or the whole instance (docs/operations.md).',
      });
    }
    const name = await teamName(teamId, metadata.members, caller.id === teamId ? caller.name : null);
    if (c.req.valid('json').name !== name) {
      throw new AppFluxError('unprocessable', 'Wrong team name', {
        hint: `Send \`{ "name": ${JSON.stringify(name)} }\` to delete it.`,
      });
    }
    const { env } = c;
    await deleteTeam(teamId, { env, metadata, objects: c.get('objects'), presigner: c.get('presigner') });
    // Its own log went with it: who did it stays where the operator reads.
    if (instance !== null)
      await note(metadata, instance.id, actorOf(caller), 'team.delete', { kind: 'team', id: teamId, name });
    return c.body(null, 204);
  },
);
