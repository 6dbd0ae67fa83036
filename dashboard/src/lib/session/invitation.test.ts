import { expect, test } from 'vitest';
import { forgetInvitation, invitationOf, keepInvitation } from './invitation.ts';

function storage() {
  const map = new Map<string, string>();
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
  };
}

test('the token of the address goes before the one that was kept', () => {
  const kept = storage();
  expect(invitationOf('', kept)).toBeNull();
  keepInvitation('afi_kept', kept);
  expect(invitationOf('#token=afi_new', kept)).toBe('afi_new');
  expect(invitationOf('#token=', kept)).toBe('afi_kept');
  forgetInvitation(kept);
  expect(invitationOf('', kept)).toBeNull();
});
