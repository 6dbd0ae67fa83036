/** What is accepted at the webhooks of Git hosts, before anything is decided. */
import { env } from 'cloudflare:workers';
import type { ErrorBody } from '@appflux/protocol';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { forgetAll, request, requestWith, signIn } from '../testing/worker.ts';
import {
  appOf,
  githubRequest,
  listed,
  pushPayload,
  SECRET,
  type Sent,
  send,
} from '../triggers/testing/deliver.ts';
import { MAX_PAYLOAD_BYTES } from './git-hooks.ts';

const B = 'b'.repeat(40);

const ping = (more: Partial<Sent> = {}): Sent => ({ event: 'ping', payload: {}, ...more });

beforeAll(async () => {
  await forgetAll();
  await signIn();
});

describe('a webhook', () => {
  test.each([
    ['without a signature', { 'X-Hub-Signature-256': '' }],
    ['with one that is too short', { 'X-Hub-Signature-256': 'sha256=abc' }],
    ['with one of SHA-1', { 'X-Hub-Signature-256': `sha1=${'a'.repeat(40)}` }],
    ['with another one', { 'X-Hub-Signature-256': `sha256=${'a'.repeat(64)}` }],
  ])('is refused %s', async (_what, headers) => {
    const response = await send(ping({ headers }));
    expect(response.status).toBe(401);
    expect((await response.json<ErrorBody>()).error).toMatchObject({
      code: 'unauthorized',
      hint: expect.stringContaining('docs/git.md'),
    });
  });

  test('is refused when its bytes are others than those that were signed', async () => {
    const init = githubRequest(ping({ payload: '{"a":1}' }));
    for (const body of ['{"a": 1}', '{"a":1}\n', '{"a":2}', ''])
      expect((await request('/hooks/github', { ...init, body })).status).toBe(401);
    expect((await request('/hooks/github', init)).status).toBe(202);
  });

  test('is refused by a secret in upper case, a part of it, and all of a rotation', async () => {
    const variables = { GITHUB_WEBHOOK_SECRET: 'old-secret , new-secret,' };
    const status = async (secret: string) =>
      (await requestWith(variables, '/hooks/github', githubRequest(ping({ secret })))).status;
    for (const secret of ['old-secret', 'new-secret']) expect(await status(secret)).toBe(202);
    for (const secret of ['OLD-SECRET', 'old', 'old-secret , new-secret,', ' ', SECRET])
      expect(await status(secret)).toBe(401);
  });

  test('is refused where no secret is set up, unread', async () => {
    const body = new ReadableStream({
      pull: () => {
        throw new Error('It was read');
      },
    });
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    const response = await requestWith({ GITHUB_WEBHOOK_SECRET: '' }, '/hooks/github', init);
    expect(response.status).toBe(401);
    expect((await request('/hooks/github?team=none', githubRequest(ping()))).status).toBe(401);
  });

  test('is refused at a Git host that nobody knows', async () => {
    for (const provider of ['svn', 'GITHUB', 'constructor', '%00'])
      expect((await request(`/hooks/git/${provider}`, githubRequest(ping()))).status).toBe(404);
  });

  test('has 25 MB at most, with and without a length', async () => {
    const chunk = new Uint8Array(1024 * 1024);
    const stream = (chunks: number) => {
      let sent = 0;
      return new ReadableStream({
        pull: (controller) => {
          if (sent === chunks) controller.close();
          else controller.enqueue(chunk);
          sent += 1;
        },
      });
    };
    const post = (init: RequestInit) =>
      request('/hooks/github', { ...githubRequest(ping()), duplex: 'half', ...init } as RequestInit);
    expect((await post({ body: stream(26) })).status).toBe(413);
    expect((await post({ body: new Uint8Array(MAX_PAYLOAD_BYTES + 1) })).status).toBe(413);
    // One that is as large as it may be is read, and refused for its signature.
    expect((await post({ body: stream(25) })).status).toBe(401);
  });

  test('may be a form, and is otherwise JSON', async () => {
    const post = (payload: string, type: string) =>
      send(ping({ payload, headers: { 'Content-Type': type } }));
    const form = 'application/x-www-form-urlencoded';
    expect((await post(`payload=${encodeURIComponent('{"zen":"x"}')}`, form)).status).toBe(202);
    for (const [payload, type] of [
      ['{', 'application/json'],
      ['', 'application/json'],
      ['payload=%7B', form],
      ['other={}', form],
      [`${'['.repeat(200_000)}`, 'application/json'],
    ] as const)
      expect((await post(payload, type)).status, payload.slice(0, 20)).toBe(400);
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect((await post(deep, 'application/json')).status).toBeLessThan(500);
  });

  test.each(['push', 'pull_request', 'check_run', 'repository', 'installation', 'installation_repositories'])(
    'of a %s that is none is refused, and no server error',
    async (event) => {
      for (const payload of [null, 7, 'x', [], {}, { repository: null }, { ref: {}, repository: { id: 1 } }])
        expect((await send({ event, payload: JSON.stringify(payload) })).status).toBe(422);
    },
  );
});

describe('what is hostile in a payload', () => {
  let ownerId = '';
  beforeEach(async () => {
    ownerId = (await metadataOf(env).users.owner())?.id ?? '';
  });

  test('is stored as text, or deploys nothing', async () => {
    const app = await appOf({ ownerId, slug: 'hostile' });
    const message = '<script>alert(1)</script>\n\u202egnp.exe\0 {{x}}';
    const push = (more: Partial<Parameters<typeof pushPayload>[0]>) =>
      send({ event: 'push', payload: pushPayload({ after: B, message, ...more }) });
    expect((await push({})).status).toBe(202);
    for (const branch of ['../../etc', '--upload-pack=x', 'a\nb', '$(id)/..', '.', 'x'.repeat(100_000)])
      expect(await (await push({ branch })).json(), branch.slice(0, 20)).toHaveProperty('ignored');
    await expect.poll(async () => (await listed(app)).length).toBe(1);
    expect((await listed(app))[0]?.commitMessage).toBe('<script>alert(1)</script>\n\u202egnp.exe {{x}}');
  });

  test('is too large, and still no server error', async () => {
    const huge = 'x'.repeat(3_000_000);
    const full = { id: 3, full_name: huge };
    const status = async (more: Partial<Parameters<typeof pushPayload>[0]>) =>
      (await send({ event: 'push', payload: pushPayload({ after: B, ...more }) })).status;
    expect(await status({ message: huge })).toBe(202);
    expect(await status({ repository: full })).toBe(422);
    expect(await status({ sender: { login: huge } })).toBe(422);
    const added = Array.from({ length: 50_000 }, (_, n) => `${n}`);
    expect(await status({ commits: [{ added, removed: [], modified: [] }], before: 'a'.repeat(40) })).toBe(
      202,
    );
  });
});
