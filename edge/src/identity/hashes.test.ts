import { pbkdf2Sync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { hashBy, hashingOf, isHashed, isOutdated } from './hashes.ts';
import { hashPassword } from './password.ts';

const PASSWORD = 'correct horse battery';

test('scrypt unless an operator has chosen otherwise', () => {
  expect(hashingOf({})).toBe('scrypt');
  expect(hashingOf({ PASSWORD_HASHING: 'md5' })).toBe('scrypt');
  expect(hashingOf({ PASSWORD_HASHING: 'pbkdf2' })).toBe('pbkdf2');
});

describe.each(['scrypt', 'pbkdf2'] as const)('%s', (hashing) => {
  test('knows a password by its hash, and no other, on instances of both kinds', async () => {
    const kept = await hashBy(hashing, PASSWORD);
    for (const other of ['scrypt', 'pbkdf2'] as const) {
      expect(await isHashed(other, PASSWORD, kept)).toBe(true);
      expect(await isHashed(other, `${PASSWORD} `, kept)).toBe(false);
      expect(isOutdated(other, kept)).toBe(other !== hashing);
    }
  });

  test('hashes differently each time, and takes accents as they are seen', async () => {
    expect(await hashBy(hashing, PASSWORD)).not.toBe(await hashBy(hashing, PASSWORD));
    expect(
      await isHashed(hashing, 'ga\u0302teau-frai\u0302che', await hashBy(hashing, 'gâteau-fraîche')),
    ).toBe(true);
  });

  test('nobody has the right password where none is stored', async () => {
    for (const password of ['', 'null', PASSWORD])
      expect(await isHashed(hashing, password, null)).toBe(false);
  });

  test('what is stored and is no hash is a fault', async () => {
    await expect(isHashed(hashing, PASSWORD, 'plain text')).rejects.toThrow('not a scrypt hash');
    await expect(isHashed(hashing, PASSWORD, '$pbkdf2-sha256$i=1$x$y')).rejects.toThrow('not a PBKDF2 hash');
  });
});

test('PBKDF2 is computed as everybody does it', async () => {
  const [, kind, cost, salt = '', hash] = (await hashBy('pbkdf2', PASSWORD)).split('$');
  expect([kind, cost]).toEqual(['pbkdf2-sha256', 'i=100000']);
  const expected = pbkdf2Sync(PASSWORD, Buffer.from(salt, 'base64'), 100_000, 32, 'sha256');
  expect(hash).toBe(expected.toString('base64').replace(/=+$/, ''));
});

test('hashes of earlier versions stay good', async () => {
  expect(await isHashed('pbkdf2', PASSWORD, hashPassword(PASSWORD))).toBe(true);
});
