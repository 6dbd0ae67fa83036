import { describe, expect, test } from 'vitest';
import {
  forgetInvitation,
  invitationIn,
  invitationOf,
  keepInvitation,
  keptInvitation,
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
  test('in the URL takes precedence over the one that is kept', () => {
    const kept = storage();
    expect(invitationOf('', kept)).toBeNull();
    keepInvitation('afi_kept', kept);
    expect(invitationOf('#token=afi_new', kept)).toBe('afi_new');
    expect(invitationOf('#token=', kept)).toBe('afi_kept');
    forgetInvitation(kept);
    expect(invitationOf('', kept)).toBeNull();
  });

  test('is kept for a day and then removed', () => {
    const kept = storage();
    keepInvitation('afi_kept', kept, null, NOW);
    expect(keptInvitation(kept, NOW + 24 * HOUR - 1)).toBe('afi_kept');
    expect(keptInvitation(kept, NOW + 24 * HOUR)).toBeNull();
    expect(kept.map.size).toBe(0);
  });

  test('is not kept longer than the invitation is valid', () => {
    const kept = storage();
    keepInvitation('afi_kept', kept, new Date(NOW + HOUR).toISOString(), NOW);
    expect(keptInvitation(kept, NOW + HOUR - 1)).toBe('afi_kept');
    expect(keptInvitation(kept, NOW + HOUR)).toBeNull();
    keepInvitation('afi_kept', kept, new Date(NOW + 30 * 24 * HOUR).toISOString(), NOW);
    expect(keptInvitation(kept, NOW + 25 * HOUR)).toBeNull();
  });

  test.each(['afi_raw', '{}', '{"token":"","until":9e15}', '{"token":"a"}', 'null', '[]'])(
    'that is stored as %s counts as none',
    (text) => {
      const kept = storage({ 'appflux.invitation': text });
      expect(keptInvitation(kept, NOW)).toBeNull();
      expect(kept.map.size).toBe(0);
    },
  );
});

describe('what somebody pastes', () => {
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
  ])('%j is %j', (pasted, token) => {
    expect(invitationIn(pasted, ORIGIN)).toBe(token);
  });
});
