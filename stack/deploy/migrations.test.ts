/** A deploy reads the migrations of the database by wrangler, from a stand-in for Cloudflare's API. */
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../command.ts';
import { refuseNewerDatabase } from './migrations.ts';

const DATABASE = '0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0';

let server: Server;
let folder: string;
let env: Record<string, string>;
/** What the database answers: the names of its migrations, or an error. */
let answer: readonly string[] | string = [];
const asked: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-deploy-'));
  const config = await readFile(join(ROOT, 'wrangler.toml'), 'utf8');
  await writeFile(
    join(folder, 'wrangler.toml'),
    config.replace('database_id = "appflux"', `database_id = "${DATABASE}"`),
  );
  server = createServer(async (request, response) => {
    asked.push(`${request.method} ${request.url} ${await text(request)}`);
    response.setHeader('Content-Type', 'application/json');
    if (typeof answer === 'string') {
      response.statusCode = 400;
      const errors = [{ code: 7500, message: answer }];
      return response.end(JSON.stringify({ success: false, errors, messages: [], result: null }));
    }
    const result = [{ results: answer.map((name) => ({ name })), success: true, meta: { duration: 1 } }];
    response.end(JSON.stringify({ success: true, errors: [], messages: [], result }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  env = {
    CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${address.port}`,
    CLOUDFLARE_API_TOKEN: 'token-of-the-stand-in',
    CLOUDFLARE_ACCOUNT_ID: 'account-of-the-stand-in',
  };
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const refuse = () => refuseNewerDatabase(ROOT, join(folder, 'wrangler.toml'), env);

test('a database of a newer version is refused by the names of its migrations', {
  timeout: 60_000,
}, async () => {
  const known = await readdir(join(ROOT, 'edge', 'migrations'));
  answer = known;
  await refuse();
  expect(asked.at(-1)).toMatch(new RegExp(`^POST .*/d1/database/${DATABASE}/query .*d1_migrations`));
  answer = [...known, '9001_later.sql', '9002_latest.sql'];
  await expect(refuse()).rejects.toMatchObject({
    code: 'state_newer',
    message: expect.stringContaining('9001_later.sql, 9002_latest.sql'),
  });
});

test('a database that was never migrated is not newer, and one that can’t be read is no answer', {
  timeout: 60_000,
}, async () => {
  answer = 'no such table: d1_migrations: SQLITE_ERROR';
  await refuse();
  answer = 'the database is overloaded';
  await expect(refuse()).rejects.toMatchObject({
    code: 'edge_failed',
    message: expect.stringContaining('overloaded'),
  });
});
