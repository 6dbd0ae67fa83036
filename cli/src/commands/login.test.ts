import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Config, withInstance, writeConfig } from '../config/config.ts';
import { writeProject } from '../config/project.ts';
import { EXIT } from '../exit.ts';
import { runCli } from '../testing/run.ts';

/** What the server of the folder's author receives. */
const received: string[] = [];
const CODES = {
  device_code: 'd',
  user_code: 'WDJB-MJHT',
  verification_uri: 'https://good.example/device',
  verification_uri_complete: 'https://good.example/device?code=WDJB-MJHT',
  expires_in: 900,
  interval: 0,
};
const server = createServer((request, response) => {
  received.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`);
  const json = (status: number, body: object) =>
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  if (request.url === '/api/device/code') json(200, CODES);
  else if (request.url === '/api/device/token') json(400, { error: 'access_denied', error_description: 'x' });
  else json(401, { code: 'unauthorized', error: 'No' });
});

let folder: string;
let url: string;
beforeEach(async () => {
  received.length = 0;
  folder = await mkdtemp(join(tmpdir(), 'appflux-login-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

const run = (args: readonly string[]) =>
  runCli(['login', '--no-browser', ...args], {
    cwd: folder,
    env: { XDG_CONFIG_HOME: join(folder, 'config') },
  });

describe('a folder that is linked to an instance nobody has signed in to', () => {
  test.each([
    ['with a token', ['--token', 'secret-token']],
    ['by a code', []],
  ])('gets nothing sent there %s, until a person names it', async (_, args) => {
    await writeProject(folder, { url, app: 'docs' });
    const ran = await run(args);
    expect(ran).toMatchObject({ exit: EXIT.usage, stdout: '' });
    expect(ran.stderr).toContain(`appflux login ${url}`);
    expect(received).toEqual([]);
    expect(await run([url, ...args])).toMatchObject({ exit: EXIT.denied });
    expect(received).not.toEqual([]);
  });

  test('is no different once somebody has signed in', async () => {
    await writeProject(folder, { url, app: 'docs' });
    const config = withInstance(Config.parse({}), url, { token: 'earlier' });
    await writeConfig(join(folder, 'config', 'appflux', 'config.json'), config);
    await run(['--token', 'new']);
    expect(received).toEqual([expect.stringMatching(/ Bearer new$/)]);
  });
});

test('an instance that sends people to the page of another one is reported', async () => {
  const ran = await run([url]);
  expect(ran.exit).toBe(EXIT.denied);
  expect(ran.stderr).toContain(`Warning: this page is at https://good.example, not at ${url}.`);
});
