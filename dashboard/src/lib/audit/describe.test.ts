import { AUDIT_ACTIONS, type AuditEntry } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { describeAction, describeActor } from './describe.ts';

const entry = (over: Partial<AuditEntry>): AuditEntry => ({
  id: '66f2a1c04b7e9d0012345678',
  actor: { kind: 'user', id: null, name: 'ada@example.com' },
  action: 'app.create',
  target: { kind: 'app', id: null, name: 'shop' },
  at: '2026-11-01T12:00:00.000Z',
  ...over,
});

test.each(AUDIT_ACTIONS)('%s has a description', (action) => {
  expect(describeAction(entry({ action }))).not.toContain(action);
});

test('actions on someone else’s account name the account', () => {
  const target = { kind: 'user' as const, id: null, name: 'ada@example.com' };
  const actor = { kind: 'operator' as const, id: null, name: 'operator' };
  const asked = { action: 'recovery.asked', target };
  expect(describeAction(entry(asked))).toBe('requested a password reset link');
  expect(describeAction(entry({ ...asked, actor }))).toBe(
    'requested a password reset link for ada@example.com',
  );
});

test('an action of a newer server is shown by its name', () => {
  expect(describeAction(entry({ action: 'moon.land' }))).toBe('moon.land shop');
});

test('actions of users on their own account don’t repeat the name', () => {
  const target = { kind: 'user' as const, id: null, name: 'ada@example.com' };
  expect(describeAction(entry({ action: 'session.sign_in', target }))).toBe('signed in');
});

test('actors that are not users are labeled', () => {
  expect(describeActor({ kind: 'token', id: null, name: 'ci' })).toBe('API token ci');
  expect(describeActor({ kind: 'operator', id: null, name: 'operator' })).toBe('The operator');
  expect(describeActor({ kind: 'user', id: null, name: 'ada@example.com' })).toBe('ada@example.com');
});
