import { scryptSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hashPassword, isPassword, passwordProblem } from './password.ts';

const PASSWORD = 'correct horse battery';

test('a password is known by its hash, and no other is', async () => {
  const kept = hashPassword(PASSWORD);
  expect(kept).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$[\w+/]{22}\$[\w+/]{43}$/);
  expect(isPassword(PASSWORD, kept)).toBe(true);
  for (const other of ['correct horse batterz', 'correct horse battery ', 'Correct horse battery', '']) {
    expect(isPassword(other, kept)).toBe(false);
  }
});

test('a hash is scrypt as everybody computes it', async () => {
  const [, , , salt = '', hash] = hashPassword(PASSWORD).split('$');
  const options = { N: 2 ** 14, r: 8, p: 5, maxmem: 2 ** 26 };
  const expected = scryptSync(PASSWORD, Buffer.from(salt, 'base64'), 32, options);
  expect(hash).toBe(expected.toString('base64').replace(/=+$/, ''));
});

test('the same password is hashed differently for everybody', async () => {
  expect(hashPassword(PASSWORD)).not.toBe(hashPassword(PASSWORD));
});

test('a password typed on another keyboard, with its accents put together differently, is the same', async () => {
  const kept = hashPassword('gâteau-fraîche');
  expect(isPassword('ga\u0302teau-frai\u0302che', kept)).toBe(true);
});

test('no password is right where none is stored', () => {
  for (const password of ['', 'null', PASSWORD]) expect(isPassword(password, null)).toBe(false);
});

test('a kept hash that is none is a fault, not a wrong password', async () => {
  expect(() => isPassword(PASSWORD, 'plain text')).toThrow('not a scrypt hash');
});

test.each([
  ['short', 'at least 10'],
  ['x'.repeat(201), 'at most 200'],
  ['OWNER@example.com', 'same as the email'],
  ['aaaaaaaaaaaaaa', 'same few'],
])('the password %s is not taken', (password, why) => {
  expect(passwordProblem(password, 'owner@example.com')).toContain(why);
});

test('any password of many different characters is taken, in whatever script', () => {
  const characters = fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }), {
    minLength: 10,
    maxLength: 40,
  });
  fc.assert(
    fc.property(characters, (unique) => passwordProblem(unique.join(''), 'owner@example.com') === null),
  );
});
