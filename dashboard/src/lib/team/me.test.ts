import { AppFluxError, type Me as MeAnswer } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { Me } from './me.svelte.ts';

const TEAM = '3f0f3c52-7f25-4c1e-9a57-0d9f5a0f9a11';

const viewer: MeAnswer = {
  kind: 'user',
  userId: TEAM,
  name: 'ada@example.com',
  teamId: TEAM,
  role: 'viewer',
  ofInstance: false,
  permissions: ['apps:read'],
  teams: [{ id: TEAM, name: 'owner@example.com', role: 'viewer' }],
};

function storage(kept: Record<string, string> = {}) {
  const map = new Map(Object.entries(kept));
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
  };
}

test('nothing is allowed until it is known what is', async () => {
  const me = new Me({ team: { me: async () => viewer } }, storage());
  expect(me.may('apps:read')).toBe(false);
  await me.load();
  expect(me.may('apps:read')).toBe(true);
  expect(me.may('apps:write')).toBe(false);
  expect(me.reason).toContain('viewer');
});

test('the chosen team outlives a reload, and is forgotten when somebody else signs in', () => {
  const kept = storage();
  new Me({ team: { me: async () => viewer } }, kept).choose(TEAM);
  const reloaded = new Me({ team: { me: async () => viewer } }, kept);
  expect(reloaded.team).toBe(TEAM);
  reloaded.forget();
  expect(new Me({ team: { me: async () => viewer } }, kept).team).toBeNull();
});

test('a chosen team that is gone gives way to the one that the server takes', async () => {
  const me: Me = new Me(
    {
      team: {
        me: async () => {
          if (me.team !== null) throw new AppFluxError('not_found', 'There is no such team');
          return viewer;
        },
      },
    },
    storage({ 'appflux.team': TEAM }),
  );
  await me.load();
  expect(me.team).toBeNull();
  expect(me.value).toEqual(viewer);
});

test('who is in no team is told so', async () => {
  const refuse = async () => {
    throw new AppFluxError('no_team', 'You are not in a team yet');
  };
  const me = new Me({ team: { me: refuse } }, storage());
  await me.load();
  expect(me.error?.message).toBe('You are not in a team yet');
});
