import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { forgetAll } from '../testing/worker.ts';
import { checkPassword } from './account.ts';
import { hashPassword } from './password.ts';

const EMAIL = 'ada@example.com';
const PASSWORD = 'correct horse battery';
const CLIENT = { address: null, devices: [] };
const FREE = { ...env, PASSWORD_HASHING: 'pbkdf2' };

beforeEach(forgetAll);

const stored = async () => (await metadataOf(env).users.byEmail(EMAIL))?.passwordHash;
const signIn = (on: typeof env, password = PASSWORD) =>
  checkPassword(on, metadataOf(env), { email: EMAIL, password }, CLIENT);

test('a sign-in replaces a hash of the other kind, a wrong password doesn’t', async () => {
  await metadataOf(env).users.insert({
    id: crypto.randomUUID(),
    email: EMAIL,
    passwordHash: hashPassword(PASSWORD),
    githubId: null,
    createdAt: new Date().toISOString(),
  });
  await expect(signIn(FREE, 'another password')).rejects.toMatchObject({ errorCode: 'invalid_credentials' });
  expect(await stored()).toMatch(/^\$scrypt\$/);

  expect((await signIn(FREE)).passwordHash).toMatch(/^\$pbkdf2-sha256\$/);
  const replaced = await stored();
  expect(replaced).toMatch(/^\$pbkdf2-sha256\$/);
  await signIn(FREE);
  expect(await stored()).toBe(replaced);

  await signIn(env);
  expect(await stored()).toMatch(/^\$scrypt\$/);
});
