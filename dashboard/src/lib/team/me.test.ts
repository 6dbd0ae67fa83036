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

function storage(stored: Record<string, string> = {}) {
  const map = new Map(Object.entries(stored));
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
  };
}

test('nothing is allowed before permissions are loaded', async () => {
  const me = new Me({ team: { me: async () => viewer } }, storage());
  expect(me.may('apps:read')).toBe(false);
  await me.load();
  expect(me.may('apps:read')).toBe(true);
  expect(me.may('apps:write')).toBe(false);
  expect(me.reason).toContain('viewer');
});

test('the chosen team survives a reload, and is cleared for the next user', () => {
  const stored = storage();
  new Me({ team: { me: async () => viewer } }, stored).choose(TEAM);
  const reloaded = new Me({ team: { me: async () => viewer } }, stored);
  expect(reloaded.team).toBe(TEAM);
  reloaded.clear();
  expect(new Me({ team: { me: async () => viewer } }, stored).team).toBeNull();
});

test('a chosen team that was deleted is replaced by the server’s choice', async () => {
  const me: Me = new Me(
    {
      team: {
        me: async () => {
          if (me.team !== null) throw new AppFluxError('not_found', 'Team not found');
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

test('users without a team get an error', async () => {
  const refuse = async () => {
    throw new AppFluxError('no_team', 'You are not in a team yet');
  };
  const me = new Me({ team: { me: refuse } }, storage());
  await me.load();
  expect(me.error?.message).toBe('You are not in a team yet');
});
