import { env } from 'cloudflare:workers';
import {
  type CreatedInvitation,
  type ErrorBody,
  type Me,
  type Member,
  type Role,
  TEAM_HEADER,
} from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import { issueToken } from '../identity/one-time-token.ts';
import { metadataOf } from '../metadata/index.ts';
import { appRecord, memberRecord } from '../metadata/testing/sample-records.ts';
import { founder, memberOf, type SignedIn, somebody } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';

let owner: SignedIn;
let teamId: string;

beforeEach(async () => {
  await forgetAll();
  owner = await founder({ email: 'owner@team.example' });
  teamId = owner.user.id;
});

const metadata = metadataOf(env);
const setRole = (person: SignedIn, role: Role, by: SignedIn = owner) =>
  request(`/api/members/${person.user.id}`, { method: 'PATCH', token: by.token, json: { role } });
const remove = (person: SignedIn, by: SignedIn = owner) =>
  request(`/api/members/${person.user.id}`, { method: 'DELETE', token: by.token });
const leave = (person: SignedIn) =>
  request('/api/me/membership', {
    method: 'DELETE',
    token: person.token,
    headers: { [TEAM_HEADER]: teamId },
  });
const meOf = async (person: SignedIn, headers = {}) =>
  (await request('/api/me', { token: person.token, headers })).json<Me>();
const codeOf = async (response: Response) => (await response.json<ErrorBody>()).error.code;

async function invited(role: Role = 'developer', more: object = {}): Promise<CreatedInvitation> {
  const json = { role, ...more };
  const response = await request('/api/invitations', { method: 'POST', token: owner.token, json });
  expect(response.status).toBe(201);
  return response.json<CreatedInvitation>();
}
const tokenOf = ({ url }: CreatedInvitation) =>
  new URLSearchParams(new URL(url).hash.slice(1)).get('token') ?? '';
const accept = (token: string, person: SignedIn) =>
  request('/api/invitations/accept', { method: 'POST', token: person.token, json: { token } });

test('the founder of a team is its owner, and sees what that allows', async () => {
  expect(await meOf(owner)).toEqual({
    kind: 'user',
    userId: owner.user.id,
    name: 'owner@team.example',
    teamId,
    role: 'owner',
    permissions: expect.arrayContaining(['admin', 'apps:write', 'tokens:own', 'members:read']),
    teams: [{ id: teamId, name: 'owner@team.example', role: 'owner' }],
    ofInstance: true,
  });
});

test('a viewer reads, and sees that this is all', async () => {
  const viewer = await memberOf(teamId, 'viewer');
  const { permissions, role, teams } = await meOf(viewer);
  expect({ permissions, role }).toEqual({
    role: 'viewer',
    permissions: ['apps:read', 'deployments:read', 'members:read'],
  });
  expect(teams).toEqual([{ id: teamId, name: 'owner@team.example', role: 'viewer' }]);
});

test('a program gets its scopes, and has no role', async () => {
  const { token } = await issueToken(metadata, 'api', {
    ownerId: teamId,
    kind: 'api',
    name: 'ci',
    scopes: ['deployments:write'],
  });
  const me = await (await request('/api/me', { token })).json();
  expect(me).toMatchObject({
    kind: 'token',
    role: null,
    userId: null,
    permissions: ['deployments:read', 'deployments:write'],
    teams: [],
  });
});

test('somebody of two teams speaks for their own unless they say which, and sees only that one', async () => {
  const both = await founder();
  const { id: userId, email } = both.user;
  await metadata.members.insert(memberRecord({ teamId, userId, email, role: 'viewer' }));
  const app = appRecord({ ownerId: teamId });
  await metadata.apps.insert(app);
  const get = (headers = {}) => request(`/api/apps/${app.slug}`, { token: both.token, headers });
  expect((await meOf(both)).teamId).toBe(both.user.id);
  expect((await get()).status).toBe(404);
  expect((await get({ [TEAM_HEADER]: teamId })).status).toBe(200);
  expect((await meOf(both, { [TEAM_HEADER]: teamId })).role).toBe('viewer');
});

test.each([
  ['of somebody else', () => crypto.randomUUID()],
  ['that is none', () => 'team'],
  ['with an injection', () => "' OR 1=1 --"],
])('a team %s is not there', async (_title, id) => {
  const response = await request('/api/apps', { token: owner.token, headers: { [TEAM_HEADER]: id() } });
  expect(response.status).toBe(404);
});

test('a team that really is there is not there for who is not in it, nor for another team’s token', async () => {
  const stranger = await founder();
  const { token } = await issueToken(metadata, 'api', {
    ownerId: stranger.user.id,
    kind: 'api',
    name: 'ci',
    scopes: ['admin'],
  });
  for (const bearing of [stranger.token, token]) {
    const response = await request('/api/apps', { token: bearing, headers: { [TEAM_HEADER]: teamId } });
    expect(response.status).toBe(404);
  }
});

test('the last owner can be neither removed nor demoted, nor leave', async () => {
  const admin = await memberOf(teamId, 'admin');
  for (const response of [await setRole(owner, 'admin'), await remove(owner), await leave(owner)]) {
    expect(response.status).toBe(409);
    expect(await codeOf(response)).toBe('last_owner');
  }
  expect((await remove(owner, admin)).status).toBe(403);
  expect((await meOf(owner)).role).toBe('owner');
});

test('a team is handed over: another owner is made, and then the first one goes', async () => {
  const next = await memberOf(teamId, 'developer');
  expect((await setRole(next, 'owner')).status).toBe(200);
  expect((await leave(owner)).status).toBe(204);
  expect(await meOf(next)).toMatchObject({ teamId, role: 'owner' });
  expect((await meOf(next)).teams[0]?.name).toBe(next.user.email);
  const gone = await request('/api/me', { token: owner.token });
  expect(gone.status).toBe(403);
  // Starting the instance again does not bring them back.
  await request('/api/ops/setup', { method: 'POST', token: env.OPERATOR_SECRET, json: {} });
  expect((await request('/api/me', { token: owner.token })).status).toBe(403);
});

test('an admin manages everybody but owners', async () => {
  const [admin, viewer] = [await memberOf(teamId, 'admin'), await memberOf(teamId, 'viewer')];
  expect((await setRole(viewer, 'developer', admin)).status).toBe(200);
  for (const response of [
    await setRole(viewer, 'owner', admin),
    await setRole(admin, 'owner', admin),
    await setRole(owner, 'viewer', admin),
    await remove(owner, admin),
    await request('/api/invitations', { method: 'POST', token: admin.token, json: { role: 'owner' } }),
  ]) {
    expect(response.status).toBe(403);
  }
  expect((await remove(viewer, admin)).status).toBe(204);
});

test('an admin token is no owner', async () => {
  const { token } = await issueToken(metadata, 'api', {
    ownerId: teamId,
    kind: 'api',
    name: 'ci',
    scopes: ['admin'],
  });
  const json = { role: 'owner' };
  const member = await memberOf(teamId, 'viewer');
  const path = `/api/members/${member.user.id}`;
  expect((await request(path, { method: 'PATCH', token, json })).status).toBe(403);
  expect((await request(path, { method: 'PATCH', token, json: { role: 'admin' } })).status).toBe(200);
});

test('a removed member loses access immediately, together with what they made', async () => {
  const admin = await memberOf(teamId, 'admin');
  const json = { name: 'mine', scopes: ['admin'] };
  const created = await request('/api/tokens', { method: 'POST', token: admin.token, json });
  const { token } = await created.json<{ token: string }>();
  // What a token makes is still theirs.
  const second = await request('/api/tokens', { method: 'POST', token, json });
  const { token: grandchild } = await second.json<{ token: string }>();
  expect((await request('/api/apps', { token: grandchild })).status).toBe(200);
  expect((await remove(admin)).status).toBe(204);
  expect((await request('/api/apps', { token: admin.token })).status).toBe(403);
  for (const dead of [token, grandchild])
    expect((await request('/api/apps', { token: dead })).status).toBe(401);
});

test('a member who is no longer an admin loses the tokens that they made as one', async () => {
  const admin = await memberOf(teamId, 'admin');
  const json = { name: 'mine', scopes: ['admin'] };
  const created = await request('/api/tokens', { method: 'POST', token: admin.token, json });
  const { token } = await created.json<{ token: string }>();
  expect((await setRole(admin, 'developer')).status).toBe(200);
  expect((await request('/api/apps', { token })).status).toBe(401);
});

test('a developer has tokens of their own, with no more than they may do, and sees nobody else’s', async () => {
  const developer = await memberOf(teamId, 'developer');
  const make = (scopes: string[], by: SignedIn) =>
    request('/api/tokens', { method: 'POST', token: by.token, json: { name: 'ci', scopes } });
  const theirs = await (await make(['admin'], owner)).json<{ id: string }>();
  expect((await make(['apps:write'], developer)).status).toBe(403);
  expect((await make(['runners:write'], developer)).status).toBe(403);
  const mine = await (await make(['deployments:write', 'variables:write'], developer)).json<{ id: string }>();
  const list = await (await request('/api/tokens', { token: developer.token })).json<{ items: object[] }>();
  expect(list.items).toMatchObject([{ id: mine.id }]);
  const revoke = (id: string) => request(`/api/tokens/${id}`, { method: 'DELETE', token: developer.token });
  expect((await revoke(theirs.id)).status).toBe(404);
  expect((await revoke(mine.id)).status).toBe(204);
});

test('an invitation is shown once, lies nowhere in the clear, and brings in one person with its role', async () => {
  const invitation = await invited('viewer', { note: 'Ada' });
  expect(invitation.url).toMatch(/^http:\/\/localhost:8787\/invite#token=afi_[\w-]{43}$/);
  const { url: _, sentTo, ...listed } = invitation;
  expect(sentTo).toBeNull();
  const list = await request('/api/invitations', { token: owner.token });
  expect(await list.json()).toEqual({ items: [listed], nextCursor: null });
  const rows = await env.METADATA.prepare('SELECT * FROM tokens').all();
  expect(JSON.stringify(rows.results)).not.toContain(tokenOf(invitation));

  const token = tokenOf(invitation);
  const look = await request('/api/invitations/look', { method: 'POST', json: { token } });
  expect(await look.json()).toMatchObject({ role: 'viewer', invitedBy: 'owner@team.example' });
  const [ada, eve] = [await somebody(), await somebody()];
  const joined = await accept(token, ada);
  expect(await joined.json()).toEqual({ teamId, role: 'viewer' });
  expect((await meOf(ada)).role).toBe('viewer');
  expect((await accept(token, eve)).status).toBe(404);
  expect((await request('/api/invitations/look', { method: 'POST', json: { token } })).status).toBe(404);
});

test('of many who take one invitation at the same time one joins', async () => {
  const token = tokenOf(await invited());
  const people = [await somebody(), await somebody(), await somebody()];
  const answers = await Promise.all(people.map((person) => accept(token, person)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
  expect((await metadata.members.list(teamId, { limit: 10 })).items).toHaveLength(2);
});

test('who is in the team already leaves the invitation to others, and keeps their role', async () => {
  const token = tokenOf(await invited('viewer'));
  expect(await (await accept(token, owner)).json()).toEqual({ teamId, role: 'owner' });
  expect((await accept(token, await somebody())).status).toBe(200);
});

test('a revoked or expired invitation admits nobody', async () => {
  const revoked = await invited();
  const revoke = () => request(`/api/invitations/${revoked.id}`, { method: 'DELETE', token: owner.token });
  expect((await revoke()).status).toBe(204);
  expect((await revoke()).status).toBe(404);
  const { token: late } = await issueToken(metadata, 'invitation', {
    ownerId: teamId,
    kind: 'invitation',
    name: '',
    role: 'admin',
    expiresAt: new Date(Date.now() - 1).toISOString(),
  });
  for (const token of [tokenOf(revoked), late, 'afi_never'])
    expect((await accept(token, await somebody())).status).toBe(404);
});

test('another kind of token is no invitation', async () => {
  const { token } = await issueToken(metadata, 'registration', {
    ownerId: teamId,
    kind: 'registration',
    name: '',
  });
  expect((await accept(token, await somebody())).status).toBe(404);
});

test('a program cannot join a team', async () => {
  const { token } = await issueToken(metadata, 'api', {
    ownerId: teamId,
    kind: 'api',
    name: 'ci',
    scopes: ['admin'],
  });
  const json = { token: tokenOf(await invited()) };
  expect((await request('/api/invitations/accept', { method: 'POST', token, json })).status).toBe(401);
});

test('the members are listed page by page, and a cursor from elsewhere is refused', async () => {
  const viewer = await memberOf(teamId, 'viewer');
  const list = (query: string) => request(`/api/members${query}`, { token: viewer.token });
  const first = await (await list('?limit=1')).json<{ items: Member[]; nextCursor: string }>();
  const rest = await (await list(`?limit=1&cursor=${first.nextCursor}`)).json<{ items: Member[] }>();
  expect([...first.items, ...rest.items].map(({ role }) => role)).toEqual(['viewer', 'owner']);
  expect((await list('?cursor=elsewhere')).status).toBe(400);
});

test.each([
  ['a role that is none', { role: 'root' }],
  ['no role', {}],
  ['an operator of a database', { role: { $gt: '' } }],
  ['a member that is not known', { role: 'viewer', teamId: 'x' }],
])('an invitation with %s is refused', async (_title, json) => {
  expect((await request('/api/invitations', { method: 'POST', token: owner.token, json })).status).toBe(400);
});
