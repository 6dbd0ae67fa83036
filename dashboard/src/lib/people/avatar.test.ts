import { expect, test } from 'vitest';
import { AVATAR_COLORS, avatarColor, initials } from './avatar.ts';

test.each([
  ['ada.lovelace@harbor.example', 'AL'],
  ['ada@harbor.example', 'A'],
  ['Ada Byron King', 'AB'],
  ['jean-paul', 'JP'],
  ['dependabot[bot]', 'DB'],
  ['émile_zola', 'ÉZ'],
  ['王 小明', '王小'],
  ['42', '4'],
])('the initials of %s are %s', (name, letters) => {
  expect(initials(name)).toBe(letters);
});

test.each(['', '@harbor.example', '🦊🦊', '\u202e\u0000', '<>'])('%j has no initials', (name) => {
  expect(initials(name)).toBe('?');
});

test('a color depends on the id alone, however it is written', () => {
  expect(avatarColor('Ada@Harbor.example')).toBe(avatarColor('ada@harbor.example'));
  const ids = Array.from({ length: 200 }, (_, index) => `person-${index}@harbor.example`);
  expect(new Set(ids.map(avatarColor))).toEqual(new Set(AVATAR_COLORS));
});
