import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  isPresent,
  newSecret,
  planSecrets,
  readSecrets,
  secretsOf,
  sha256,
  writePrivate,
} from './secrets.ts';

const KEYS = { S3_ACCESS_KEY_ID: 'id', S3_SECRET_ACCESS_KEY: 'key' };
const ALL = ['OPERATOR_SECRET', 'SEALING_KEY', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'];
const hashes = (values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, sha256(value)]));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-secrets-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the first deploy generates two, and uploads all that it has', () => {
  expect(planSecrets({ values: KEYS, uploaded: {} }, null, false)).toEqual({
    generate: ['OPERATOR_SECRET', 'SEALING_KEY'],
    upload: ['OPERATOR_SECRET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY', 'SEALING_KEY'],
    problems: [],
    warnings: [],
  });
});

test('a second deploy uploads nothing, and a changed value again', () => {
  const values = { ...KEYS, OPERATOR_SECRET: 'o', SEALING_KEY: 's' };
  const uploaded = hashes(values);
  expect(planSecrets({ values, uploaded }, ALL, true)).toEqual({
    generate: [],
    upload: [],
    problems: [],
    warnings: [],
  });
  const changed = { values: { ...values, S3_SECRET_ACCESS_KEY: 'new' }, uploaded };
  expect(planSecrets(changed, ALL, true).upload).toEqual(['S3_SECRET_ACCESS_KEY']);
  // Somebody has deleted it from the Worker.
  expect(planSecrets({ values, uploaded }, ALL.slice(1), true).upload).toEqual(['OPERATOR_SECRET']);
});

test('secrets that were set with wrangler before are left alone', () => {
  const plan = planSecrets({ values: {}, uploaded: {} }, ALL, true);
  expect([plan.generate, plan.upload, plan.problems]).toEqual([[], [], []]);
  expect(plan.warnings.join()).toContain('The Worker has SEALING_KEY');
});

test('a lost sealing key is never replaced while something may be sealed with it', () => {
  const lost = planSecrets({ values: { ...KEYS, OPERATOR_SECRET: 'o' }, uploaded: {} }, [], true);
  expect(lost.problems.join()).toContain('could not read what is sealed');
  const kept = planSecrets({ values: { ...KEYS, SEALING_KEY: 's' }, uploaded: {} }, null, true);
  expect(kept.problems).toEqual([]);
});

test('what nobody can generate is asked for', () => {
  expect(planSecrets({ values: {}, uploaded: {} }, null, false).problems).toEqual([
    expect.stringContaining('S3_ACCESS_KEY_ID is missing'),
    expect.stringContaining('S3_SECRET_ACCESS_KEY is missing'),
  ]);
});

test('a secret is present when the Worker has it, or gets it', () => {
  expect(isPresent('MONGODB_URI', { MONGODB_URI: 'mongodb://test' }, null)).toBe(true);
  expect(isPresent('MONGODB_URI', {}, [...ALL, 'MONGODB_URI'])).toBe(true);
  expect([isPresent('MONGODB_URI', {}, ALL), isPresent('MONGODB_URI', {}, null)]).toEqual([false, false]);
});

test('a generated secret is 32 bytes, another one each time', () => {
  expect(Buffer.from(newSecret(), 'base64')).toHaveLength(32);
  expect(newSecret()).not.toBe(newSecret());
});

test('the environment gives what every instance has, and nothing that is set for another one', () => {
  const env = {
    SEALING_KEY: 's',
    S3_ACCESS_KEY_ID: '',
    MONGODB_URI: 'mongodb://test',
    CLOUDFLARE_API_TOKEN: 't',
  };
  expect(secretsOf(env)).toEqual({ SEALING_KEY: 's' });
});

test('the file is readable by its owner only, also where it was not', async () => {
  const path = join(folder, 'private', 'secrets.json');
  await writePrivate(path, { SEALING_KEY: 'a' });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'private'))).mode & 0o777).toBe(0o700);
  await rm(path);
  await writeFile(path, '{}', { mode: 0o644 });
  await writePrivate(path, { SEALING_KEY: 'b' });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readSecrets(path)).toEqual({ SEALING_KEY: 'b' });
});

test.each([
  ['{"SEALING_KEY": "visible", "MY_SECRET": "visible"}', 'MY_SECRET'],
  ['{"SEALING_KEY": ""}', 'SEALING_KEY'],
  ['{"SEALING_KEY": "visible"', 'is not a JSON object'],
  ['["visible"]', 'is not a JSON object'],
])('a file of %s is refused without its values', async (content, why) => {
  const path = join(folder, 'wrong.json');
  await writeFile(path, content);
  const refusal = await readSecrets(path).catch((error: Error & { advice: string }) => error);
  expect(refusal).toMatchObject({ code: 'settings_invalid', message: expect.stringContaining(why) });
  expect(JSON.stringify(refusal) + String(refusal)).not.toContain('visible');
  expect(await readFile(path, 'utf8')).toBe(content);
});

test('no file is no secrets', async () => {
  expect(await readSecrets(join(folder, 'none.json'))).toEqual({});
});
