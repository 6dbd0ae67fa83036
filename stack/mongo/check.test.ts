import { expect, test } from 'vitest';
import { freePort } from '../free-port.ts';
import { checkMongo } from './check.ts';

const problemOf = (uri: string) => checkMongo(uri).catch((error: unknown) => error);

test('an unreachable MongoDB is named by its address, with the reason and advice, and without credentials', async () => {
  const port = await freePort();
  const problem = await problemOf(
    `mongodb://admin:geheim@127.0.0.1:${port}/appflux?authSource=admin&serverSelectionTimeoutMS=200`,
  );
  expect(problem).toMatchObject({
    code: 'metadata_unreachable',
    message: expect.stringMatching(
      new RegExp(`^MongoDB at 127\\.0\\.0\\.1:${port} is not reachable \\(.*ECONNREFUSED`),
    ),
    advice: expect.stringMatching(/start it.*MONGODB_URI.*unset it/),
  });
  expect(JSON.stringify(problem)).not.toMatch(/geheim|admin/);
});

test('an invalid URI is refused without being repeated', async () => {
  const problem = await problemOf('mongodb://admin:geheim@[::1/appflux');
  expect(problem).toMatchObject({ code: 'settings_invalid' });
  expect(String(problem)).not.toContain('geheim');
});
