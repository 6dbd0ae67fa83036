/** The people of a team, and who is calling. */
import {
  AppFluxError,
  Me,
  Member,
  PageQuery,
  pageOf,
  type Role,
  UpdateMember,
  UserId,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Env } from '../env.ts';
import {
  type ApiEnv,
  audited,
  authenticated,
  bearer,
  json,
  jsonBody,
  needs,
  refusals,
  router,
} from '../http/router.ts';
import { type Caller, mayUse, PERMISSIONS } from '../identity/caller.ts';
import type { MemberRecord, Metadata } from '../metadata/metadata.ts';
import { everybodyFounds, foundTeam, type Person, restoreOwnTeam, teamName, teamsOf } from '../teams/team.ts';

const ByUser = z.object({ userId: UserId });

/** Whether a caller may make or unmake owners: only owners, and the operator, who could let themselves in anyway. */
export const actsAsOwner = ({ kind, role }: Caller): boolean => kind === 'operator' || role === 'owner';

/** Refuses to touch an owner, or to make one, for who is none. */
export function requireOwnerFor(caller: Caller, ...roles: Role[]): void {
  if (!roles.includes('owner') || actsAsOwner(caller)) return;
  throw new AppFluxError('forbidden', 'Only an owner can appoint or remove owners', {
    hint: 'Ask an owner of the team.',
  });
}

const toMember = ({ userId, email, role, createdAt }: MemberRecord): Member => ({
  userId,
  email,
  role,
  createdAt,
});

/** Among the permissions of who may read the operator's outbox: no role and no scope has it. */
const READS_OUTBOX = 'outbox:read';

export const members = router();

members.openapi(
  createRoute({
    method: 'get',
    path: '/api/me',
    summary: 'Get the caller, their team and their permissions',
    tags: ['people'],
    security: bearer,
    middleware: [authenticated] as const,
    responses: { 200: json(Me, 'The caller'), ...refusals },
  }),
  async (c) => {
    const { kind, id, name, ownerId, role, scopes } = c.get('caller');
    const person = kind === 'user' && id !== null ? { id, email: name } : null;
    const metadata = c.get('metadata');
    const { members: store, users } = metadata;
    const owner = await users.owner();
    const teams = person === null ? [] : await allTeamsOf(c.env, metadata, person);
    return c.json(
      {
        kind,
        userId: person?.id ?? null,
        name,
        teamId: ownerId,
        role,
        ofInstance: owner?.id === ownerId,
        permissions: [
          ...PERMISSIONS.filter((permission) => mayUse(scopes, permission)),
          ...(kind === 'operator' || (person !== null && owner?.id === person.id) ? [READS_OUTBOX] : []),
        ],
        teams: await Promise.all(
          teams.map(async (team) => ({
            id: team.teamId,
            name: await teamName(team.teamId, store, team.teamId === team.userId ? team.email : null),
            role: team.role,
          })),
        ),
      },
      200,
    );
  },
);

members.openapi(
  createRoute({
    method: 'get',
    path: '/api/members',
    summary: 'List the members of the team, newest first',
    tags: ['people'],
    security: bearer,
    middleware: [needs('members:read')] as const,
    request: { query: PageQuery },
    responses: { 200: json(pageOf(Member), 'Members'), ...refusals },
  }),
  async (c) => {
    const caller = c.get('caller');
    const metadata = c.get('metadata');
    // Somebody of a Supabase project has a team before anything of it is written down.
    if (caller.role === 'owner' && caller.id === caller.ownerId) {
      await foundTeam(metadata, { id: caller.ownerId, email: caller.name });
    }
    const page = await metadata.members.list(caller.ownerId, c.req.valid('query'));
    return c.json({ ...page, items: page.items.map(toMember) }, 200);
  },
);

members.openapi(
  createRoute({
    method: 'patch',
    path: '/api/members/{userId}',
    summary: 'Change a member’s role',
    description:
      'A team keeps at least one owner. A member who is no longer an admin loses the tokens, hooks and invitations that they made.',
    tags: ['people'],
    security: bearer,
    middleware: [needs('admin')] as const,
    request: { params: ByUser, body: jsonBody(UpdateMember) },
    responses: { 200: json(Member, 'The member'), ...refusals },
  }),
  async (c) => {
    const caller = c.get('caller');
    const metadata = c.get('metadata');
    const { userId } = c.req.valid('param');
    const { role } = c.req.valid('json');
    const member = await metadata.members.find(caller.ownerId, userId);
    if (member === null) throw noMember(userId);
    requireOwnerFor(caller, member.role, role);
    const changed = await metadata.members.setRole(caller.ownerId, userId, role);
    if (changed === null) throw noMember(userId);
    if (role !== 'owner' && role !== 'admin') await metadata.tokens.deleteMadeBy(caller.ownerId, userId);
    await audited(c, 'member.role', { kind: 'member', id: userId, name: `${member.email} as ${role}` });
    return c.json(toMember(changed), 200);
  },
);

members.openapi(
  createRoute({
    method: 'delete',
    path: '/api/members/{userId}',
    summary: 'Remove a member',
    description:
      'The tokens, deploy hooks and invitations that they made for the team are revoked immediately.',
    tags: ['people'],
    security: bearer,
    middleware: [needs('admin')] as const,
    request: { params: ByUser },
    responses: { 204: { description: 'Removed' }, ...refusals },
  }),
  async (c) => {
    const caller = c.get('caller');
    const { userId } = c.req.valid('param');
    const member = await c.get('metadata').members.find(caller.ownerId, userId);
    if (member === null) throw noMember(userId);
    requireOwnerFor(caller, member.role);
    await remove(c, member);
    return c.body(null, 204);
  },
);

members.openapi(
  createRoute({
    method: 'delete',
    path: '/api/me/membership',
    summary: 'Leave the team',
    description:
      'The tokens, deploy hooks and invitations that you made for the team are revoked immediately.',
    tags: ['people'],
    security: bearer,
    middleware: [needs('members:read')] as const,
    responses: { 204: { description: 'Left' }, ...refusals },
  }),
  async (c) => {
    const { kind, id, ownerId } = c.get('caller');
    const member = kind === 'user' && id !== null ? await c.get('metadata').members.find(ownerId, id) : null;
    if (member === null) throw new AppFluxError('not_found', 'You aren’t a member of this team');
    await remove(c, member);
    return c.body(null, 204);
  },
);

/** Every team of a person. */
async function allTeamsOf(env: Env, metadata: Metadata, person: Person): Promise<MemberRecord[]> {
  const memberships = await metadata.members.ofUser(person.id);
  if (env.SUPABASE_URL) await followEmail(metadata, person, memberships);
  const teams = teamsOf(person, memberships, everybodyFounds(env));
  if (teams.some(({ teamId }) => teamId === person.id)) return teams;
  const restored = await restoreOwnTeam(env, metadata, person);
  return restored === null ? teams : [...teams, restored];
}

/** Stores the email that a person has in their Supabase project now: changing it there doesn't notify the edge. */
async function followEmail(
  { members: store }: Metadata,
  { id, email }: Person,
  memberships: MemberRecord[],
): Promise<void> {
  if (email === '' || memberships.every((membership) => membership.email === email)) return;
  await store.setEmail(id, email);
  for (const membership of memberships) membership.email = email;
}

/** Ends a membership, with all that was made by it. Throws `last_owner`. */
async function remove(c: Context<ApiEnv>, { teamId, userId, email }: MemberRecord): Promise<void> {
  const metadata = c.get('metadata');
  if (!(await metadata.members.delete(teamId, userId))) throw noMember(userId);
  await metadata.tokens.deleteMadeBy(teamId, userId);
  await metadata.appLists.forgetFavourites(userId, teamId);
  await audited(c, 'member.remove', { kind: 'member', id: userId, name: email });
}

const noMember = (userId: string) => new AppFluxError('not_found', `There is no member ${userId}`);
