/** The script that makes a machine a runner, as the instance serves it. */
import { env } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import { RunnerInstaller } from '@appflux/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { founder } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';

const assets = env.ASSETS;
const SHA256 = 'b'.repeat(64);

/** The files of a built dashboard; no other is found. */
function serve(files: Record<string, string>) {
  const fetch = async (input: RequestInfo | URL) => {
    const { pathname } = new URL(new Request(input).url);
    const file = files[pathname];
    return file === undefined
      ? new Response(null, { status: 404 })
      : new Response(file, { headers: { 'Content-Type': 'text/plain' } });
  };
  env.ASSETS = { ...assets, fetch } as Fetcher;
}

beforeEach(forgetAll);
afterEach(() => {
  env.ASSETS = assets;
});

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('it names this instance and what it downloads, and has the checksum that the API gives', async () => {
  serve({
    '/runner-package/package.json': JSON.stringify({ version: '1.2.3', sha256: SHA256, bytes: 700_000 }),
    '/runner-package/install.txt':
      "URL='@URL@'\nVERSION='@VERSION@'\nSHA256='@SHA256@'\n# root@example.com\n",
  });
  const { token } = await founder();
  const info = RunnerInstaller.parse(await (await request('/api/runners/installer', { token })).json());
  expect(info).toMatchObject({ version: '1.2.3', url: env.PUBLIC_URL, packageSha256: SHA256 });
  const script = await request(new URL(info.scriptUrl).pathname);
  expect(script.headers.get('Content-Type')).toContain('text/x-shellscript');
  const text = await script.text();
  expect(text).toBe(`URL='${env.PUBLIC_URL}'\nVERSION='1.2.3'\nSHA256='${SHA256}'\n# root@example.com\n`);
  expect(sha256(text)).toBe(info.scriptSha256);
});

test('a value with a quotation mark or a line end stays a value', async () => {
  serve({
    '/runner-package/package.json': JSON.stringify({ version: "1'; id '\nid", sha256: SHA256, bytes: 1 }),
    '/runner-package/install.txt': "# @VERSION@\nVERSION='@VERSION@'\n",
  });
  const value = `1'\\''; id '\\'' id`;
  expect(await (await request('/install-runner.sh')).text()).toBe(`# ${value}\nVERSION='${value}'\n`);
});

test('an instance that was built without the package says so, and serves no page in its place', async () => {
  serve({});
  const { token } = await founder();
  for (const path of ['/install-runner.sh', '/api/runners/installer']) {
    const response = await request(path, { token });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: 'not_found' } });
  }
});
