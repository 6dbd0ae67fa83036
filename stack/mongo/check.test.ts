import { expect, test } from 'vitest';
import { freePort } from '../free-port.ts';
import { checkMongo } from './check.ts';

const problemOf = (uri: string) => checkMongo(uri).catch((error: unknown) => error);

test('a MongoDB that is not there is named by its address, with why and what to do, and without credentials', async () => {
  const port = await freePort();
  const problem = await problemOf(
    `mongodb://admin:geheim@127.0.0.1:${port}/appflux?authSource=admin&serverSelectionTimeoutMS=200`,
  );
  expect(problem).toMatchObject({
    code: 'metadata_unreachable',
    message: expect.stringMatching(
      new RegExp(`^MongoDB at 127\\.0\\.0\\.1:${port} does not answer \\(.*ECONNREFUSED`),
    ),
    advice: expect.stringMatching(/start it.*MONGODB_URI.*leave it out/),
  });
  expect(JSON.stringify(problem)).not.toMatch(/geheim|admin/);
});

test('a URI that cannot be understood is refused without being repeated', async () => {
  const problem = await problemOf('mongodb://admin:geheim@[::1/appflux');
  expect(problem).toMatchObject({ code: 'settings_invalid' });
  expect(String(problem)).not.toContain('geheim');
});
