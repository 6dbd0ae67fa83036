/**
 * A deployed instance is backed up: wrangler exports D1 from a stand-in for Cloudflare's API that answers as wrangler's own
 * source expects (start, progress, complete with a URL), and the bucket is an S3 server.
 */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { bucketOf } from '../../stack/backup/bucket.ts';
import { findForeignS3 } from '../../stack/foreign-s3/install.ts';
import { startForeignS3 } from '../../stack/foreign-s3/serve.ts';
import { run } from './instance.ts';

const s3Program = await findForeignS3();

const SQL = `PRAGMA defer_foreign_keys=TRUE;
CREATE TABLE apps (id TEXT PRIMARY KEY);
INSERT INTO "apps" VALUES('6b0bb17c64fa92f78f000007');
`;
const OPERATOR_SECRET = 'operator-secret-of-a-deployed-instance-01';

/** Cloudflare's API, and the instance, as far as the command calls them. */
async function startStandIn() {
  const asked: string[] = [];
  const reports: unknown[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const { url = '', method = '' } = request;
    asked.push(`${method} ${url}`);
    const answer = (value: unknown) =>
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));
    if (url === '/export.sql') return response.end(SQL);
    if (url === '/api/ops/backup' && request.headers.authorization === `Bearer ${OPERATOR_SECRET}`) {
      reports.push(JSON.parse(body));
      return answer({});
    }
    if (/\/d1\/database\/[^/]+\/export$/.test(url)) {
      const bookmark = JSON.parse(body).current_bookmark;
      const state = { success: true, at_bookmark: 'bookmark-1', messages: ['Uploaded part 1'] };
      const signed_url = `http://${request.headers.host}/export.sql`;
      const done = { ...state, status: 'complete', result: { filename: 'export.sql', signed_url } };
      const result = bookmark === undefined ? { ...state, status: 'active' } : done;
      return answer({ success: true, errors: [], messages: [], result });
    }
    response.statusCode = 404;
    const errors = [{ code: 7003, message: `no ${method} ${url}` }];
    return answer({ success: false, errors, messages: [], result: null });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${address.port}`, asked, reports, stop };
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

it('a deployed instance is backed up, and restored to a bucket and an SQL file', {
  timeout: 300_000,
}, async ({ skip }) => {
  if (s3Program === null) return skip('the S3 server is not built: run "node stack/foreign-s3.ts" once');
  const folder = await mkdtemp(join(tmpdir(), 'appflux-deployed-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { server, stop } = await startForeignS3(s3Program);
  onTestFinished(stop);
  const standIn = await startStandIn();
  onTestFinished(standIn.stop);

  const bucket = bucketOf(server);
  const keys = ['apps/a/b/1/site.zip', 'apps/a/b/log.ndjson.gz', 'uploads/c/source.zip'];
  for (const key of keys) {
    const bytes = Buffer.from(`bytes of ${key}`);
    await bucket.put(key, pieces(bytes), bytes.length, null);
  }
  const env = {
    OPERATOR_SECRET,
    SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
    S3_ENDPOINT: server.endpoint,
    S3_BUCKET: server.bucket,
    S3_ACCESS_KEY_ID: server.accessKeyId,
    S3_SECRET_ACCESS_KEY: server.secretAccessKey,
    CLOUDFLARE_API_BASE_URL: standIn.url,
    CLOUDFLARE_API_TOKEN: 'token-of-the-stand-in',
    CLOUDFLARE_ACCOUNT_ID: 'account-of-the-stand-in',
  };
  const state = join(folder, 'state');
  const target = join(folder, 'deployed.backup');
  const made = await run('backup', state, [target, '--url', standIn.url], env);
  expect(made, `${made.output}\n${standIn.asked.join('\n')}`).toMatchObject({ exitCode: 0 });
  expect(standIn.reports).toMatchObject([{ error: null, target }]);
  const backup = await readFile(target);
  for (const value of [OPERATOR_SECRET, env.SEALING_KEY, 'bytes of', '6b0bb17c64fa92f78f000007'])
    expect(backup.includes(value)).toBe(false);

  await bucket.delete(keys);
  const restored = await run('restore', state, [target], env);
  expect(restored, restored.output).toMatchObject({ exitCode: 0 });
  expect(restored.output).toContain('wrangler d1 execute appflux --remote --file');
  expect(await readFile(join(state, 'cloudflare', 'd1.sql'), 'utf8')).toBe(SQL);
  expect(await readFile(join(state, 'settings.env'), 'utf8')).toContain(env.SEALING_KEY);
  for (const key of keys) {
    expect(await new Response((await bucket.get(key))?.body).text()).toBe(`bytes of ${key}`);
  }
});
