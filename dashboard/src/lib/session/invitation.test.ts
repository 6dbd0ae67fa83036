import { describe, expect, test } from 'vitest';
import {
  clearInvitation,
  invitationOf,
  parseInvitation,
  storedInvitation,
  storeInvitation,
} from './invitation.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');
const HOUR = 3_600_000;

function storage(entries: Record<string, string> = {}) {
  const map = new Map(Object.entries(entries));
  return {
    map,
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
  };
}

describe('the token', () => {
  test('in the URL takes precedence over the stored one', () => {
    const stored = storage();
    expect(invitationOf('', stored)).toBeNull();
    storeInvitation('afi_kept', stored);
    expect(invitationOf('#token=afi_new', stored)).toBe('afi_new');
    expect(invitationOf('#token=', stored)).toBe('afi_kept');
    clearInvitation(stored);
    expect(invitationOf('', stored)).toBeNull();
  });

  test('is stored for a day and then removed', () => {
    const stored = storage();
    storeInvitation('afi_kept', stored, null, NOW);
    expect(storedInvitation(stored, NOW + 24 * HOUR - 1)).toBe('afi_kept');
    expect(storedInvitation(stored, NOW + 24 * HOUR)).toBeNull();
    expect(stored.map.size).toBe(0);
  });

  test('is not stored longer than the invitation is valid', () => {
    const stored = storage();
    storeInvitation('afi_kept', stored, new Date(NOW + HOUR).toISOString(), NOW);
    expect(storedInvitation(stored, NOW + HOUR - 1)).toBe('afi_kept');
    expect(storedInvitation(stored, NOW + HOUR)).toBeNull();
    storeInvitation('afi_kept', stored, new Date(NOW + 30 * 24 * HOUR).toISOString(), NOW);
    expect(storedInvitation(stored, NOW + 25 * HOUR)).toBeNull();
  });

  test.each(['afi_raw', '{}', '{"token":"","until":9e15}', '{"token":"a"}', 'null', '[]'])(
    'stored as %s is ignored',
    (text) => {
      const stored = storage({ 'appflux.invitation': text });
      expect(storedInvitation(stored, NOW)).toBeNull();
      expect(stored.map.size).toBe(0);
    },
  );
});

describe('pasted text', () => {
  const ORIGIN = 'https://apps.example.com';
  test.each([
    [`${ORIGIN}/invite#token=afi_0123456789abcdef`, 'afi_0123456789abcdef'],
    [`  ${ORIGIN}/invite#token=afi_0123456789abcdef\n`, 'afi_0123456789abcdef'],
    ['afi_0123456789abcdef', 'afi_0123456789abcdef'],
    [`${ORIGIN}/invite`, null],
    [`${ORIGIN}/invite#token=`, null],
    [`${ORIGIN}/sign-in#token=afi_0123456789abcdef`, null],
    ['https://elsewhere.example/invite#token=afi_0123456789abcdef', null],
    ['please let me in', null],
    ['short', null],
    ['javascript:alert(1)', null],
    ['', null],
  ])('%j has the token %j', (pasted, token) => {
    expect(parseInvitation(pasted, ORIGIN)).toBe(token);
  });
});
