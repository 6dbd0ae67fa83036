/** Reading the stored session without the issuer's client, compared with what the client itself stores and reads. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StandIn, startStandIn } from '../../../../stack/stand-ins/supabase/start.ts';
import { member, QUICK } from '../../testing/supabase-browser.ts';
import { SESSION_KEY } from './storage-key.ts';
import { isFresh, readStoredSession } from './stored-session.ts';

let project: StandIn;
beforeAll(async () => {
  project = await startStandIn({ ...QUICK, confirmEmail: false });
});
afterAll(() => project.stop());

test('what the client has stored is the session that it returns itself', async () => {
  const { auth, storage, email } = await member(project);
  const stored = readStoredSession(storage.getItem(SESSION_KEY));
  const { data } = await auth.getSession();
  expect(stored).toEqual(data.session);
  expect(stored?.user.email).toBe(email);
  if (stored === null) throw new Error('nothing is stored');
  expect(isFresh(stored, Date.now())).toBe(true);
  await auth.refreshSession();
  const refreshed = readStoredSession(storage.getItem(SESSION_KEY));
  expect(refreshed?.access_token).not.toBe(stored.access_token);
  await auth.signOut({ scope: 'local' });
  expect(readStoredSession(storage.getItem(SESSION_KEY))).toBeNull();
});

const session = {
  access_token: 'a',
  refresh_token: 'r',
  expires_at: 1_796_011_556,
  user: { id: 'u', email: 'ada@example.com' },
};

describe('nobody is signed in', () => {
  test.each([
    ['nothing', null],
    ['an empty text', ''],
    ['text that isn’t JSON', '{"access_token":'],
    ['null', 'null'],
    ['an array', '[]'],
    ['no access token', JSON.stringify({ ...session, access_token: undefined })],
    ['an empty access token', JSON.stringify({ ...session, access_token: '' })],
    ['no refresh token', JSON.stringify({ ...session, refresh_token: 7 })],
    ['no end', JSON.stringify({ ...session, expires_at: undefined })],
    ['an end that is text', JSON.stringify({ ...session, expires_at: '1796011556' })],
    ['no user', JSON.stringify({ ...session, user: undefined })],
    ['a user without an id', JSON.stringify({ ...session, user: { email: 'ada@example.com' } })],
  ])('when %s is stored', (_title, text) => {
    expect(readStoredSession(text)).toBeNull();
  });
});

test.each([
  [121, true],
  [120, false],
  [89, false],
  [0, false],
  [-3600, false],
])('a token that ends in %i seconds is fresh: %s', (seconds, fresh) => {
  expect(isFresh({ expires_at: 1_796_011_556 }, (1_796_011_556 - seconds) * 1000)).toBe(fresh);
});
