/** Passwords, new accounts and recovery, over HTTP. */
import { env } from 'cloudflare:workers';
import { scryptSync } from 'node:crypto';
import { beforeEach, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { waitingToken } from '../testing/outbox.ts';
import { founder, type SignedIn } from '../testing/people.ts';
import { type Asked, forgetAll, request, requestWith } from '../testing/worker.ts';
import type { Session } from './issuer.ts';
import { issueToken } from './one-time-token.ts';

const PASSWORD = 'correct horse battery';
const KEPT_HASH = scryptSync(PASSWORD, Buffer.alloc(16), 32, { N: 2, r: 1, p: 1 }).toString('base64');
/** The owner's password, kept at no cost, as it is tried a hundred times: what trying costs is password.test.ts's. */
const KEPT = `$scrypt$ln=1,r=1,p=1$${'A'.repeat(22)}$${KEPT_HASH.replace('=', '')}`;
const metadata = metadataOf(env);
let owner: SignedIn;

beforeEach(async () => {
  await forgetAll();
  owner = await founder({ email: 'owner@team.example', passwordHash: KEPT });
});

const auth = (path: string, json: unknown, more: Asked = {}) =>
  request(`/auth/v1${path}`, { method: 'POST', json, ...more });
const signIn = (email: string, password: string, more: Asked = {}) =>
  auth('/token?grant_type=password', { email, password }, more);
const invitation = async (role: 'admin' | 'viewer' = 'viewer') =>
  (
    await issueToken(metadata, 'invitation', {
      ownerId: owner.user.id,
      kind: 'invitation',
      name: '',
      role,
    })
  ).token;
const signUp = (email: string, password: string, token?: string) =>
  auth('/signup', { email, password, data: token === undefined ? {} : { invitation: token } });
const change = (json: unknown, token = owner.token) =>
  request('/auth/v1/user', { method: 'PUT', token, json });
const isSignedIn = async ({ token }: { token: string }) =>
  (await request('/auth/v1/user', { token })).status === 200;

async function refused(response: Response, status: number, errorCode: string) {
  expect(await response.json()).toMatchObject({
    code: status,
    error_code: errorCode,
    msg: expect.any(String),
  });
  expect(response.status).toBe(status);
}

test('the right password signs in, in whatever case the email is written', async () => {
  const response = await signIn(' OWNER@team.example ', PASSWORD);
  expect(response.status).toBe(200);
  const session = await response.json<Session>();
  expect(session.user).toMatchObject({ id: owner.user.id, email: 'owner@team.example' });
  expect((await request('/api/apps', { token: session.access_token })).status).toBe(200);
});

test('a wrong password and an address that nobody has are refused in the same words', async () => {
  const [wrong, nobody] = [
    await signIn('owner@team.example', 'wrong password'),
    await signIn('no@team.example', PASSWORD),
  ];
  expect(await wrong.clone().json()).toEqual(await nobody.json());
  await refused(wrong, 400, 'invalid_credentials');
});

test('who has no password signs in with none', async () => {
  await founder({ email: 'github@team.example', githubId: '7' });
  for (const password of ['null', 'undefined', ' ']) {
    await refused(await signIn('github@team.example', password), 400, 'invalid_credentials');
  }
});

/** The passwords that lists of stolen ones begin with. */
const LIST = [
  '123456',
  'password',
  '123456789',
  '12345678',
  'qwerty',
  'abc123',
  'password1',
  'iloveyou',
  '111111',
];

test('a list of passwords is slowed down, including the right one at its end, and learns when to retry', async () => {
  const tried = [...LIST, 'letmein', 'dragon', PASSWORD];
  const answers: Response[] = [];
  for (const password of tried) answers.push(await signIn('owner@team.example', password));
  expect(answers.map(({ status }) => status)).toEqual([...Array(10).fill(400), 429, 429]);
  const last = answers.at(-1);
  const wait = Number(last?.headers.get('Retry-After'));
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(30);
  if (last) await refused(last, 429, 'over_request_rate_limit');
});

test('nobody signs up without an invitation', async () => {
  await refused(await signUp('eve@example.com', PASSWORD), 422, 'signup_disabled');
  await refused(await signUp('eve@example.com', PASSWORD, 'afi_unknown'), 422, 'invite_not_found');
  expect(await metadata.users.byEmail('eve@example.com')).toBeNull();
});

test('an invitation makes one account, in the team and with the role of the invitation', async () => {
  const token = await invitation('admin');
  const response = await signUp('Ada@Example.com', PASSWORD, token);
  expect(response.status).toBe(200);
  const { access_token } = await response.json<Session>();
  const me = await (await request('/api/me', { token: access_token })).json();
  expect(me).toMatchObject({ name: 'ada@example.com', teamId: owner.user.id, role: 'admin' });
  await refused(await signUp('eve@example.com', PASSWORD, token), 422, 'invite_not_found');
  expect((await signIn('ada@example.com', PASSWORD)).status).toBe(200);
});

test('of many who sign up by one invitation at the same time one gets in', async () => {
  const token = await invitation();
  const answers = await Promise.all(
    ['a', 'b', 'c'].map((name) => signUp(`${name}@example.com`, PASSWORD, token)),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 422, 422]);
});

test('an account that exists is not recreated, and the invitation stays valid', async () => {
  const token = await invitation();
  await refused(await signUp('owner@team.example', 'another password', token), 422, 'user_already_exists');
  expect((await signIn('owner@team.example', PASSWORD)).status).toBe(200);
  expect((await signUp('ada@example.com', PASSWORD, token)).status).toBe(200);
});

test('a weak password makes no account, and the invitation stays', async () => {
  const token = await invitation();
  for (const password of ['short', 'aaaaaaaaaaaa', 'ada@example.com'])
    await refused(await signUp('ada@example.com', password, token), 422, 'weak_password');
  expect((await signUp('ada@example.com', PASSWORD, token)).status).toBe(200);
});

test('where the operator has opened sign-up, anybody makes an account with a team of its own', async () => {
  const open = { APPFLUX_SIGN_UP: 'open' };
  const json = { email: 'new@example.com', password: PASSWORD };
  const response = await requestWith(open, '/auth/v1/signup', { method: 'POST', json });
  const { user, access_token } = await response.json<Session>();
  const me = await (await request('/api/me', { token: access_token })).json();
  expect(me).toMatchObject({ teamId: user.id, role: 'owner' });
  const settings = await (await requestWith(open, '/auth/v1/settings')).json();
  expect(settings).toMatchObject({ disable_signup: false });
});

test('who forgot their password gets a link from the operator, and is asked for no old password', async () => {
  expect(await (await auth('/recover', { email: 'Owner@team.example' })).json()).toEqual({});
  const token = await waitingToken('owner@team.example');
  // It is for a new password and not for anything else.
  await refused(await auth('/verify', { type: 'magiclink', token_hash: token }), 403, 'otp_expired');
  const session = await (await auth('/verify', { type: 'recovery', token_hash: token })).json<Session>();
  await refused(await auth('/verify', { type: 'recovery', token_hash: token }), 403, 'otp_expired');
  expect((await change({ password: 'a whole new one' }, session.access_token)).status).toBe(200);
  expect((await signIn('owner@team.example', 'a whole new one')).status).toBe(200);
  await refused(await signIn('owner@team.example', PASSWORD), 400, 'invalid_credentials');
});

test("a request to recover doesn't show whether the email has an account", async () => {
  const [there, nobody] = [
    await auth('/recover', { email: 'owner@team.example' }),
    await auth('/recover', { email: 'no@x' }),
  ];
  expect([there.status, await there.text()]).toEqual([nobody.status, await nobody.text()]);
  await waitingToken('owner@team.example');
});

test('a link to recover runs out after an hour, and a new one ends it', async () => {
  const links = async () => {
    const json = { email: 'owner@team.example' };
    const response = await request('/api/ops/recovery-links', {
      method: 'POST',
      token: env.OPERATOR_SECRET,
      json,
    });
    expect(response.status).toBe(201);
    return new URL((await response.json<{ url: string }>()).url).hash.split('=')[1];
  };
  const verify = async (token_hash: string | undefined) => auth('/verify', { type: 'recovery', token_hash });
  const [first, second] = [await links(), await links()];
  await refused(await verify(first), 403, 'otp_expired');
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
  await refused(await verify(second), 403, 'otp_expired');
  vi.useRealTimers();
});

test('the operator makes no link for somebody who is not there', async () => {
  const json = { email: 'no@team.example' };
  const response = await request('/api/ops/recovery-links', {
    method: 'POST',
    token: env.OPERATOR_SECRET,
    json,
  });
  expect(response.status).toBe(404);
});

test('a new password needs the present one, and ends all other sessions', async () => {
  const other = await (await signIn('owner@team.example', PASSWORD)).json<Session>();
  await refused(await change({ password: 'a whole new one' }), 400, 'reauthentication_needed');
  const wrong = { password: 'a whole new one', current_password: 'not this one' };
  await refused(await change(wrong), 400, 'invalid_credentials');
  expect(await isSignedIn({ token: other.access_token })).toBe(true);
  expect((await change({ password: 'a whole new one', current_password: PASSWORD })).status).toBe(200);
  expect(await isSignedIn(owner)).toBe(true);
  expect(await isSignedIn({ token: other.access_token })).toBe(false);
  expect((await signIn('owner@team.example', 'a whole new one')).status).toBe(200);
});

test("the current password can't be guessed with a stolen access token", async () => {
  for (const current_password of [...LIST, 'letmein'])
    await change({ password: 'a whole new one', current_password });
  await refused(
    await change({ password: 'a whole new one', current_password: PASSWORD }),
    429,
    'over_request_rate_limit',
  );
});

test('a user without a password sets one', async () => {
  const person = await founder({ email: 'link@team.example' });
  expect((await change({ password: PASSWORD }, person.token)).status).toBe(200);
  expect((await signIn('link@team.example', PASSWORD)).status).toBe(200);
  await refused(
    await change({ password: 'short', current_password: PASSWORD }, person.token),
    422,
    'weak_password',
  );
});

test('a new email signs in, and is the one that the team sees', async () => {
  const json = { email: 'New@team.example', current_password: PASSWORD };
  expect((await (await change(json)).json<{ email: string }>()).email).toBe('new@team.example');
  expect((await signIn('new@team.example', PASSWORD)).status).toBe(200);
  await refused(await signIn('owner@team.example', PASSWORD), 400, 'invalid_credentials');
  expect(await metadata.members.find(owner.user.id, owner.user.id)).toMatchObject({
    email: 'new@team.example',
  });
});

test("nobody can take another user's email", async () => {
  await founder({ email: 'ada@team.example' });
  const json = { email: 'ada@team.example', current_password: PASSWORD };
  await refused(await change(json), 422, 'email_exists');
});

test('nothing of a password lies in the clear', async () => {
  for (const name of ['ada', 'eve'])
    await signUp(`${name}@example.com`, `${name} has a long one`, await invitation());
  const rows = JSON.stringify((await env.METADATA.prepare('SELECT * FROM users').all()).results);
  expect(rows).not.toContain('has a long one');
  expect(rows.match(/\$scrypt\$ln=14,r=8,p=5\$/g)).toHaveLength(2);
});

test.each<[string, string, unknown, number, string]>([
  ['an invalid email', '/signup', { email: 'ada', password: PASSWORD }, 400, 'validation_failed'],
  ['an email with a line break', '/recover', { email: 'a\n@b' }, 400, 'validation_failed'],
  [
    'an operator of a database',
    '/token?grant_type=password',
    { email: { $gt: '' }, password: { $gt: '' } },
    400,
    'validation_failed',
  ],
  [
    'a password without end',
    '/token?grant_type=password',
    { email: 'a@b', password: 'x'.repeat(1001) },
    400,
    'validation_failed',
  ],
  ['no password', '/token?grant_type=password', { email: 'a@b' }, 400, 'validation_failed'],
  [
    'an invitation that is no text',
    '/signup',
    { email: 'a@b', password: PASSWORD, data: { invitation: 1 } },
    400,
    'validation_failed',
  ],
])('%s is refused', async (_title, path, json, status, errorCode) => {
  await refused(await auth(path, json), status, errorCode);
});

test('user_metadata is not stored, and sending it is an error', async () => {
  await refused(await change({ data: { role: 'owner' } }), 400, 'validation_failed');
});
