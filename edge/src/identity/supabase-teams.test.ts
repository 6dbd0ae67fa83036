/** Who gets a team when a Supabase project is the issuer. */
import { env } from 'cloudflare:workers';
import { type ErrorBody, type Me, TEAM_HEADER } from '@appflux/protocol';
import { beforeEach, describe, expect, inject, test } from 'vitest';
import type { Env } from '../env.ts';
import { metadataOf } from '../metadata/index.ts';
import { appRecord, memberRecord, runnerRecord, tokenRecord } from '../metadata/testing/sample-records.ts';
import { tokenOf } from '../testing/supabase.ts';
import { type Asked, forgetAll, requestWith } from '../testing/worker.ts';
import { issueToken } from './one-time-token.ts';

const { supabase } = inject('issuers');
const metadata = metadataOf(env);

beforeEach(forgetAll);

const project: Partial<Env> = { SUPABASE_URL: supabase.url };
const OPEN: Partial<Env> = { APPFLUX_SIGN_UP: 'open' };

const ask = (path: string, asked: Asked = {}, more: Partial<Env> = {}) =>
  requestWith({ ...project, ...more }, path, asked);
const me = async (token: string, more: Partial<Env> = {}, headers = {}) =>
  (await ask('/api/me', { token, headers }, more)).json<Me>();
const accept = (token: string, invitation: string) =>
  ask('/api/invitations/accept', { method: 'POST', token, json: { token: invitation } });
const invitationOf = (url: string) => new URLSearchParams(new URL(url).hash.slice(1)).get('token') ?? '';

async function invitation(ownerId: string, role: 'owner' | 'admin' | 'viewer' = 'viewer'): Promise<string> {
  const facts = { ownerId, kind: 'invitation', name: '', role } as const;
  return (await issueToken(metadata, 'invitation', facts)).token;
}

/** Sets up the instance and returns the owner's team and the one-time link. */
async function setUp(): Promise<{ teamId: string; link: string }> {
  const response = await ask('/api/ops/setup', { method: 'POST', token: env.OPERATOR_SECRET, json: {} });
  const { owner, signIn } = await response.json<{ owner: { id: string }; signIn: { url: string } }>();
  return { teamId: owner.id, link: signIn.url };
}

describe('without APPFLUX_SIGN_UP=open', () => {
  test.each([[{}], [{ APPFLUX_SIGN_UP: 'invitation' }]])(
    'a user without an invitation has no team and learns how to get one (%o)',
    async (variables) => {
      const sub = crypto.randomUUID();
      const token = await tokenOf(sub);
      for (const [method, path, json] of [
        ['GET', '/api/me', undefined],
        ['GET', '/api/apps', undefined],
        ['POST', '/api/apps', { name: 'Shop', source: { provider: 'upload' } }],
        ['POST', '/api/invitations', { role: 'owner' }],
      ] as const) {
        const response = await ask(path, { method, token, ...(json && { json }) }, variables);
        expect(response.status).toBe(403);
        const { error } = await response.json<ErrorBody>();
        expect(error.code).toBe('no_team');
        expect(error.hint).toContain('invitation link');
      }
      const own = await ask('/api/apps', { token, headers: { [TEAM_HEADER]: sub } }, variables);
      expect(own.status).toBe(404);
      expect((await metadata.members.ofUser(sub)).length).toBe(0);
    },
  );

  test('an invited user is in that team and has none of their own', async () => {
    const [ada, grace] = [crypto.randomUUID(), crypto.randomUUID()];
    await metadata.members.insert(memberRecord({ teamId: ada, userId: ada, role: 'owner' }));
    const token = await tokenOf(grace);
    expect((await accept(token, await invitation(ada))).status).toBe(200);
    expect((await me(token)).teams).toMatchObject([{ id: ada, role: 'viewer' }]);
    expect((await ask('/api/apps', { token, headers: { [TEAM_HEADER]: grace } })).status).toBe(404);
  });

  test('an invitation is no use to a second user, and none after its member was removed', async () => {
    const [ada, grace] = [crypto.randomUUID(), crypto.randomUUID()];
    await metadata.members.insert(memberRecord({ teamId: ada, userId: ada, role: 'owner' }));
    const link = await invitation(ada);
    const token = await tokenOf(grace);
    expect((await accept(token, link)).status).toBe(200);
    expect((await accept(await tokenOf(crypto.randomUUID()), link)).status).toBe(404);
    await metadata.members.delete(ada, grace);
    expect((await accept(token, link)).status).toBe(404);
  });

  test('the instance’s one-time link makes the first owner', async () => {
    const { teamId, link } = await setUp();
    expect(link).toContain('/invite#token=');
    const owner = await tokenOf(crypto.randomUUID());
    expect((await ask('/api/apps', { token: owner })).status).toBe(403);
    expect(await (await accept(owner, invitationOf(link))).json()).toEqual({ teamId, role: 'owner' });
    expect(await me(owner)).toMatchObject({ teamId, role: 'owner', ofInstance: true });
    // They can invite others, and nobody else can use the link.
    const invited = await ask('/api/invitations', { method: 'POST', token: owner, json: { role: 'admin' } });
    expect(invited.status).toBe(201);
    expect((await accept(await tokenOf(crypto.randomUUID()), invitationOf(link))).status).toBe(404);
  });

  test('a new owner link ends the one before, and no invitation that a member created', async () => {
    const { teamId, link } = await setUp();
    const owner = await tokenOf(crypto.randomUUID());
    await accept(owner, invitationOf(link));
    const second = (await setUp()).link;
    const made = await ask('/api/invitations', { method: 'POST', token: owner, json: { role: 'viewer' } });
    const { url } = await made.json<{ url: string }>();
    const third = (await setUp()).link;
    const stranger = await tokenOf(crypto.randomUUID());
    expect((await accept(stranger, invitationOf(second))).status).toBe(404);
    expect((await accept(stranger, invitationOf(url))).status).toBe(200);
    expect((await accept(await tokenOf(crypto.randomUUID()), invitationOf(third))).status).toBe(200);
    expect((await metadata.members.list(teamId, { limit: 10 })).items).toHaveLength(4);
  });
});

describe('accepting again', () => {
  test('is answered as the first time: the answer may have been lost', async () => {
    const { teamId, link } = await setUp();
    const token = await tokenOf(crypto.randomUUID());
    const first = await (await accept(token, invitationOf(link))).json();
    const second = await accept(token, invitationOf(link));
    expect(second.status).toBe(200);
    expect(await second.json()).toEqual(first);
    expect((await metadata.audit.list(teamId, { limit: 10 })).items).toHaveLength(1);
  });

  test('a link of another team stays good for somebody else', async () => {
    const [ada, grace] = [crypto.randomUUID(), crypto.randomUUID()];
    for (const id of [ada, grace]) {
      await metadata.members.insert(memberRecord({ teamId: id, userId: id, role: 'owner' }));
    }
    const link = await invitation(ada);
    expect((await accept(await tokenOf(ada), link)).status).toBe(200);
    expect((await accept(await tokenOf(grace), link)).status).toBe(200);
    expect(await metadata.members.find(ada, grace)).toMatchObject({ role: 'viewer' });
  });
});

describe('a team that was used before sign-up was by invitation', () => {
  const left: Record<string, (ownerId: string) => Promise<unknown>> = {
    'an app': (ownerId) => metadata.apps.insert(appRecord({ ownerId })),
    'a runner': (ownerId) => metadata.runners.insert(runnerRecord({ ownerId })),
    'an API token': (ownerId) => metadata.tokens.insert(tokenRecord({ ownerId, kind: 'api' })),
  };

  test.each(Object.entries(left))('stays its founder’s: with %s', async (_title, insert) => {
    const sub = crypto.randomUUID();
    await insert(sub);
    const token = await tokenOf(sub);
    expect((await ask('/api/apps', { token })).status).toBe(200);
    expect(await me(token)).toMatchObject({ teamId: sub, role: 'owner', name: 'ada@example.com' });
    expect(await metadata.members.find(sub, sub)).toMatchObject({ role: 'owner', email: 'ada@example.com' });
  });

  test('is listed, and used by name, by a member of another team', async () => {
    const [ada, grace] = [crypto.randomUUID(), crypto.randomUUID()];
    await metadata.members.insert(memberRecord({ teamId: ada, userId: ada, role: 'owner' }));
    await metadata.members.insert(memberRecord({ teamId: ada, userId: grace, role: 'viewer' }));
    await metadata.apps.insert(appRecord({ ownerId: grace }));
    const token = await tokenOf(grace);
    expect((await ask('/api/apps', { token, headers: { [TEAM_HEADER]: grace } })).status).toBe(200);
    expect((await me(token)).teams.map(({ id }) => id).sort()).toEqual([ada, grace].sort());
  });

  test('is not given back to a founder whom another owner removed', async () => {
    const [ada, grace] = [crypto.randomUUID(), crypto.randomUUID()];
    await metadata.apps.insert(appRecord({ ownerId: ada }));
    await metadata.members.insert(memberRecord({ teamId: ada, userId: grace, role: 'owner' }));
    expect((await ask('/api/apps', { token: await tokenOf(ada) })).status).toBe(403);
  });

  test('is not made by what others own', async () => {
    await metadata.apps.insert(appRecord({ ownerId: crypto.randomUUID() }));
    expect((await ask('/api/apps', { token: await tokenOf(crypto.randomUUID()) })).status).toBe(403);
  });
});

test('a changed email reaches the teams once its user comes by', async () => {
  const [ada, grace] = [crypto.randomUUID(), crypto.randomUUID()];
  await metadata.members.insert(
    memberRecord({ teamId: ada, userId: ada, role: 'owner', email: 'old@example.com' }),
  );
  await metadata.members.insert(memberRecord({ teamId: ada, userId: grace, email: 'grace@example.com' }));
  expect((await me(await tokenOf(ada))).teams).toMatchObject([{ name: 'ada@example.com' }]);
  expect(await metadata.members.find(ada, ada)).toMatchObject({ email: 'ada@example.com', role: 'owner' });
  expect(await metadata.members.find(ada, grace)).toMatchObject({ email: 'grace@example.com' });
  // A user who signed in by phone has no email, which replaces none.
  await me(await tokenOf(ada, { claims: { email: '' } }));
  expect(await metadata.members.find(ada, ada)).toMatchObject({ email: 'ada@example.com' });
});

describe('with APPFLUX_SIGN_UP=open', () => {
  test('everyone has a team; an invited user acts for that team first, and for their own by name', async () => {
    const [ada, grace] = [crypto.randomUUID(), crypto.randomUUID()];
    const token = await tokenOf(ada);
    const json = { role: 'developer' };
    const made = await ask('/api/invitations', { method: 'POST', token, json }, OPEN);
    const { url } = await made.json<{ url: string }>();
    const invited = await tokenOf(grace, { claims: { email: 'grace@example.com' } });
    await accept(invited, invitationOf(url));
    expect(await me(invited, OPEN)).toMatchObject({ teamId: ada, role: 'developer' });
    expect(await me(invited, OPEN, { [TEAM_HEADER]: grace })).toMatchObject({ teamId: grace, role: 'owner' });
    // The inviter is stored as the owner by then.
    const members = await (await ask('/api/members', { token }, OPEN)).json<{ items: object[] }>();
    expect(members.items).toMatchObject([
      { userId: grace, role: 'developer' },
      { userId: ada, role: 'owner' },
    ]);
  });

  test('a user with apps who is invited elsewhere still acts for their own team', async () => {
    const [ada, grace] = [crypto.randomUUID(), crypto.randomUUID()];
    await metadata.apps.insert(appRecord({ ownerId: grace }));
    const token = await tokenOf(grace);
    const link = await invitation(ada);
    await ask('/api/invitations/accept', { method: 'POST', token, json: { token: link } }, OPEN);
    expect(await me(token, OPEN)).toMatchObject({ teamId: grace, role: 'owner' });
  });

  test('a deleted team is empty when its founder comes back, and nobody else is in it', async () => {
    const [ada, grace] = [crypto.randomUUID(), crypto.randomUUID()];
    const token = await tokenOf(ada);
    const json = { name: 'Shop', source: { provider: 'upload' } };
    expect((await ask('/api/apps', { method: 'POST', token, json }, OPEN)).status).toBe(201);
    const invited = await tokenOf(grace);
    const link = await invitation(ada, 'admin');
    await ask('/api/invitations/accept', { method: 'POST', token: invited, json: { token: link } }, OPEN);
    const remove = (by: string, name: string, headers = {}) =>
      ask('/api/team', { method: 'DELETE', token: by, json: { name }, headers }, OPEN);
    expect((await remove(invited, 'ada@example.com', { [TEAM_HEADER]: ada })).status).toBe(403);
    expect((await remove(token, 'ada@example.com')).status).toBe(204);
    const { items } = await (await ask('/api/apps', { token }, OPEN)).json<{ items: object[] }>();
    expect(items).toEqual([]);
    expect((await ask('/api/apps', { token: invited, headers: { [TEAM_HEADER]: ada } }, OPEN)).status).toBe(
      404,
    );
  });
});
