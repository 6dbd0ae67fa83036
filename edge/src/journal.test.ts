import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Env } from './env.ts';
import { errorText, journal, withoutSecrets } from './journal.ts';
import { outboxOf } from './outbox/index.ts';
import { makeToken } from './secrets/tokens.ts';
import { founder } from './testing/people.ts';
import { forgetAll, request, requestWith, signIn } from './testing/worker.ts';
import { TOKEN_PREFIX } from './token-prefix.ts';

beforeEach(forgetAll);

/** What is written to the Worker's log meanwhile. */
async function written(work: () => Promise<unknown>): Promise<string> {
  const methods = ['log', 'info', 'warn', 'error', 'debug'] as const;
  const spies = methods.map((method) => vi.spyOn(console, method).mockImplementation(() => undefined));
  await work();
  const lines = spies.flatMap((spy) => spy.mock.calls.map((call) => call.map(String).join(' ')));
  for (const spy of spies) spy.mockRestore();
  return lines.join('\n');
}

const TOKENS = Object.values(TOKEN_PREFIX).join('|');
const noToken = (text: string) => expect(text).not.toMatch(new RegExp(`(?:${TOKENS})[\\w-]{8}|eyJ`));

test('that a link was asked for is in the log, and the link is not', async () => {
  const { user } = await founder({ email: 'ada@example.com' });
  for (const path of ['/recover', '/otp']) {
    const text = await written(async () => {
      const json = { email: 'ada@example.com' };
      expect((await request(`/auth/v1${path}`, { method: 'POST', json })).status).toBe(200);
      await vi.waitFor(async () => expect(await outboxOf(env).list()).toHaveLength(1));
    });
    expect(text).toContain(user.id);
    noToken(text);
    expect(text).not.toContain('token_hash');
    await outboxOf(env).removeOf(user.id, null);
  }
});

test('the token of a deploy hook whose call fails is not in the log', async () => {
  const { access_token: token } = await signIn();
  await request('/api/apps', {
    method: 'POST',
    token,
    json: { name: 'Shop', source: { provider: 'git', repoUrl: 'https://git.example.com/shop.git' } },
  });
  const made = await request('/api/apps/shop/deploy-hooks', {
    method: 'POST',
    token,
    json: { name: 'nightly' },
  });
  const { pathname } = new URL((await made.json<{ url: string }>()).url);
  // Without its objects the Worker fails where nothing is expected to.
  const broken: Partial<Env> = { DEPLOYMENTS: undefined as never, SEALING_KEY: '' };
  const text = await written(async () => {
    const response = await requestWith(broken, pathname, { method: 'POST', json: { branch: 'main' } });
    expect(response.status).toBe(500);
  });
  expect(text).toContain('POST /hooks/deploy/');
  expect(text).not.toContain(pathname);
  noToken(text);
});

test('a message of an error can’t forge lines: what follows its line breaks is indented', async () => {
  const error = new Error('no such ref: a\n2026-11-29T08:00:00.000Z error forged\0<0>b');
  error.stack = `${String(error)}\n    at git (git.ts:1:1)`;
  const text = await written(async () => journal.error('deploying\nx failed', error));
  expect(text.split('\n')).toEqual([
    'deploying ⏎ x failed: Error: no such ref: a',
    '  2026-11-29T08:00:00.000Z error forged',
    '  <0>b',
    '    at git (git.ts:1:1)',
  ]);
});

test.each([
  [
    'link: https://a.example/reset-password#token_hash=afp_nEnMnAnbcWGSmYO0Ba8E',
    'link: https://a.example/reset-password#token_hash=afp_***',
  ],
  ['Authorization: Bearer abc.def~ghi+/=', 'Authorization: Bearer ***'],
  ['token eyJhbGciOi.eyJzdWIi.c2ln!', 'token eyJ***!'],
  [
    'PUT /b/k?X-Amz-Credential=AKIA%2Fs3&X-Amz-Date=1&X-Amz-Signature=0a1b&x=1',
    'PUT /b/k?X-Amz-Credential=***&X-Amz-Date=1&X-Amz-Signature=***&x=1',
  ],
  [
    'cannot reach mongodb+srv://root:p4ss@db.example/appflux',
    'cannot reach mongodb+srv://***@db.example/appflux',
  ],
  ['glpat-AbC_def-0123456789.01 was refused', 'glpat-*** was refused'],
  ['ATCTT3xFfGN0abcdefghij=ABCD1234 was refused', 'ATCTT3*** was refused'],
  ['whsec_dGVzdHRlc3Q+ZXN0dGVz/A== signs', 'whsec_*** signs'],
])('%s is written as %s', (text, expected) => {
  expect(withoutSecrets(text)).toBe(expected);
});

test.each([
  'GET /api/apps/shop failed',
  'deployment 64f0c2a1b2c3d4e5f6a7b8c9 begins late',
  'https://git.example.com/shop.git',
  'mail to ada@example.com',
  'the afx_ prefix of API tokens',
  'a glossary-of-all-terms of ATTACHMENTS',
])('%s is written as it is', (text) => expect(withoutSecrets(text)).toBe(text));

test('a token of any kind is masked wherever it stands', () => {
  const kinds = Object.keys(TOKEN_PREFIX) as (keyof typeof TOKEN_PREFIX)[];
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.string(), fc.string(), (kind, before, after) => {
      const token = makeToken(kind);
      const masked = withoutSecrets(`${before} ${token} ${after}`);
      return !masked.includes(token.slice(4));
    }),
  );
});

test('an error is written with its causes, masked like everything else, and without an end to them', async () => {
  const cause = new Error('no answer from https://key:secret@mail.example');
  const error = new Error('mail was not sent', { cause });
  cause.cause = error;
  const text = await written(async () => journal.error('outbox', error));
  expect(text).toContain('outbox: Error: mail was not sent');
  expect(text).toContain('caused by Error: no answer from https://***@mail.example');
  expect(text).not.toContain('secret');
  expect(errorText('plain')).toBe('plain');
});
