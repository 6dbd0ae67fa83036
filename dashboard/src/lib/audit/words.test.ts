import { AUDIT_ACTIONS, type AuditEntry } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { actionWords, actorWords } from './words.ts';

const entry = (over: Partial<AuditEntry>): AuditEntry => ({
  id: '66f2a1c04b7e9d0012345678',
  actor: { kind: 'user', id: null, name: 'ada@example.com' },
  action: 'app.create',
  target: { kind: 'app', id: null, name: 'shop' },
  at: '2026-11-01T12:00:00.000Z',
  ...over,
});

test.each(AUDIT_ACTIONS)('%s is said in words', (action) => {
  expect(actionWords(entry({ action }))).not.toContain(action);
});

test('what somebody else does to a person’s account says whose', () => {
  const target = { kind: 'user' as const, id: null, name: 'ada@example.com' };
  const actor = { kind: 'operator' as const, id: null, name: 'operator' };
  const asked = { action: 'recovery.asked', target };
  expect(actionWords(entry(asked))).toBe('requested a password reset link');
  expect(actionWords(entry({ ...asked, actor }))).toBe('requested a password reset link for ada@example.com');
});

test('an action of a newer server is shown by its name', () => {
  expect(actionWords(entry({ action: 'moon.land' }))).toBe('moon.land shop');
});

test('what people do to their own account names nobody twice', () => {
  const target = { kind: 'user' as const, id: null, name: 'ada@example.com' };
  expect(actionWords(entry({ action: 'session.sign_in', target }))).toBe('signed in');
});

test('programs are told from people', () => {
  expect(actorWords({ kind: 'token', id: null, name: 'ci' })).toBe('API token ci');
  expect(actorWords({ kind: 'operator', id: null, name: 'operator' })).toBe('The operator');
  expect(actorWords({ kind: 'user', id: null, name: 'ada@example.com' })).toBe('ada@example.com');
});
