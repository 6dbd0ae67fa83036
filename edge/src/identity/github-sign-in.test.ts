/** Signing in with GitHub, with a stand-in that speaks its OAuth wire (vitest.issuers.ts). */
import { env } from 'cloudflare:workers';
import { beforeEach, expect, inject, test, vi } from 'vitest';
import type { Env } from '../env.ts';
import { metadataOf } from '../metadata/index.ts';
import { founder, type SignedIn } from '../testing/people.ts';
import { type Asked, forgetAll, request, requestWith } from '../testing/worker.ts';
import { challengeOf } from './github-sign-in.ts';
import type { Session } from './issuer.ts';
import { issueToken } from './one-time-token.ts';

const { github } = inject('issuers');
const metadata = metadataOf(env);
const VERIFIER = 'a-verifier-of-the-browser-that-begins-0123456789';
const BACK = `${env.PUBLIC_URL}/sign-in?next=%2Frunners`;

const app: Partial<Env> = {
  GITHUB_CLIENT_ID: github.clientId,
  GITHUB_CLIENT_SECRET: github.clientSecret,
  GITHUB_URL: github.url,
  GITHUB_API_URL: github.url,
};

let owner: SignedIn;
/** So that each test uses codes of its own. */
let account = 0;

beforeEach(async () => {
  await forgetAll();
  owner = await founder({ email: 'owner@team.example' });
  account += 1;
});

const ask = (path: string, asked?: Asked, more: Partial<Env> = {}) =>
  requestWith({ ...app, ...more }, `/auth/v1${path}`, asked);

/** Leaves for GitHub, with an invitation in the body if there is one. Returns what GitHub receives. */
async function leave(
  { invitation, ...query }: Record<string, string> = {},
  more: Partial<Env> = {},
): Promise<URL> {
  const params = new URLSearchParams({
    provider: 'github',
    redirect_to: BACK,
    code_challenge: await challengeOf(VERIFIER),
    code_challenge_method: 's256',
    ...query,
  });
  if (invitation !== undefined) {
    const asked = { method: 'POST', json: { invitation } };
    const answer = await ask(`/authorize?${params}`, asked, more);
    expect(answer.status).toBe(200);
    return new URL((await answer.json<{ url: string }>()).url);
  }
  const response = await ask(`/authorize?${params}`, {}, more);
  expect(response.status).toBe(302);
  return new URL(response.headers.get('Location') ?? '');
}

/** Comes back from GitHub with a code. Gives where the browser is sent. */
async function comeBack(state: string, code: string, more: Partial<Env> = {}): Promise<URL> {
  const response = await ask(`/callback?${new URLSearchParams({ code, state })}`, {}, more);
  expect(response.status).toBe(303);
  return new URL(response.headers.get('Location') ?? '');
}

const stateOf = (url: URL) => url.searchParams.get('state') ?? '';
const codeFor = (name = 'ada', id = account) => `github-${id}-${name}`;
const exchange = (auth_code: string | null, code_verifier = VERIFIER) =>
  ask('/token?grant_type=pkce', { method: 'POST', json: { auth_code, code_verifier } });
const invitation = async () =>
  (
    await issueToken(metadata, 'invitation', {
      ownerId: owner.user.id,
      kind: 'invitation',
      name: '',
      role: 'developer',
    })
  ).token;

async function refused(response: Response, status: number, errorCode: string) {
  expect(await response.json()).toMatchObject({ code: status, error_code: errorCode });
}

test('GitHub is asked for who it is and no more, and told where to come back', async () => {
  const url = await leave();
  expect(url.href.startsWith(`${github.url}/login/oauth/authorize?`)).toBe(true);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    client_id: github.clientId,
    redirect_uri: `${env.PUBLIC_URL}/auth/v1/callback`,
    scope: 'read:user user:email',
    state: expect.stringMatching(/^v1\./),
  });
  expect(url.href).not.toContain(github.clientSecret);
});

test('who was invited comes in by GitHub, into the team, and the next time without an invitation', async () => {
  const back = await comeBack(stateOf(await leave({ invitation: await invitation() })), codeFor());
  expect(back.pathname + back.search.split('&')[0]).toBe('/sign-in?next=%2Frunners');
  const session = await (await exchange(back.searchParams.get('code'))).json<Session>();
  expect(session.user).toMatchObject({ email: 'ada@example.com', app_metadata: { provider: 'github' } });
  const me = await (await request('/api/me', { token: session.access_token })).json();
  expect(me).toMatchObject({ name: 'ada@example.com', teamId: owner.user.id, role: 'developer' });

  // Another name there, the same account.
  const again = await comeBack(stateOf(await leave()), codeFor('renamed'));
  const second = await (await exchange(again.searchParams.get('code'))).json<Session>();
  expect(second.user.id).toBe(session.user.id);
});

test('nobody comes in without an invitation, unless sign-up is open', async () => {
  const back = await comeBack(stateOf(await leave()), codeFor());
  expect(Object.fromEntries(back.searchParams)).toMatchObject({
    error_code: 'signup_disabled',
    next: '/runners',
  });
  const open = { APPFLUX_SIGN_UP: 'open' };
  const welcome = await comeBack(stateOf(await leave({}, open)), codeFor('grace'), open);
  const { user } = await (await exchange(welcome.searchParams.get('code'))).json<Session>();
  expect(await metadata.members.find(user.id, user.id)).toMatchObject({ role: 'owner' });
});

test("a GitHub account with the same email can't take an existing account", async () => {
  await founder({ email: 'ada@example.com' });
  const back = await comeBack(stateOf(await leave({ invitation: await invitation() })), codeFor());
  expect(back.searchParams.get('error_code')).toBe('user_already_exists');
  expect(back.searchParams.get('code')).toBeNull();
});

test("an email that isn't verified on GitHub creates no account", async () => {
  const back = await comeBack(
    stateOf(await leave({ invitation: await invitation() })),
    codeFor('unverified'),
  );
  expect(back.searchParams.get('error_code')).toBe('provider_email_needs_verification');
});

test('a signed-in user links their GitHub account, and signs in with it from then on', async () => {
  const params = new URLSearchParams({
    provider: 'github',
    redirect_to: BACK,
    code_challenge: await challengeOf(VERIFIER),
    code_challenge_method: 's256',
  });
  const answer = await ask(`/user/identities/authorize?${params}`, { token: owner.token });
  const { url } = await answer.json<{ url: string }>();
  await comeBack(stateOf(new URL(url)), codeFor());
  const back = await comeBack(stateOf(await leave()), codeFor('again'));
  const { user } = await (await exchange(back.searchParams.get('code'))).json<Session>();
  expect(user.id).toBe(owner.user.id);

  // What is theirs is not linked to somebody else.
  const other = await founder();
  const second = await ask(`/user/identities/authorize?${params}`, { token: other.token });
  const state = stateOf(new URL((await second.json<{ url: string }>()).url));
  expect((await comeBack(state, codeFor('third'))).searchParams.get('error_code')).toBe(
    'identity_already_exists',
  );
});

test('the code that the browser gets is good once, and only for the browser that began', async () => {
  const state = stateOf(await leave({ invitation: await invitation() }));
  const code = (await comeBack(state, codeFor())).searchParams.get('code');
  const answers = await Promise.all([exchange(code), exchange(code)]);
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 404]);
  const slipped = (await comeBack(stateOf(await leave()), codeFor('slipped'))).searchParams.get('code');
  await refused(
    await exchange(slipped, 'a-verifier-of-somebody-elses-browser-0123456789'),
    400,
    'bad_code_verifier',
  );
  // A wrong verifier takes the code with it.
  await refused(await exchange(slipped), 404, 'flow_state_not_found');
});

test('the code runs out after five minutes', async () => {
  const state = stateOf(await leave({ invitation: await invitation() }));
  const code = (await comeBack(state, codeFor())).searchParams.get('code');
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5 * 60_000 });
  await refused(await exchange(code), 404, 'flow_state_not_found');
  vi.useRealTimers();
});

test.each([
  ['was made up', () => 'v1.00000000.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAA'],
  ['is missing', () => ''],
  // In the middle: of the last character not all bits count.
  ['was changed', (state: string) => state.replace(/.(?=.{9}$)/, (old) => (old === 'A' ? 'B' : 'A'))],
])(
  'a callback whose state %s leads to the sign-in page with the reason, and never elsewhere',
  async (_title, make) => {
    const state = make(stateOf(await leave()));
    const back = await comeBack(state, codeFor());
    expect(back.origin + back.pathname).toBe(`${env.PUBLIC_URL}/sign-in`);
    expect(back.searchParams.get('error_code')).toBe('bad_oauth_state');
  },
);

test('a sign-in that took longer than 15 minutes has to be restarted', async () => {
  const state = stateOf(await leave());
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 15 * 60_000 });
  expect((await comeBack(state, codeFor())).searchParams.get('error_code')).toBe('bad_oauth_state');
  vi.useRealTimers();
});

test.each([
  'https://evil.example/',
  '//evil.example/',
  'javascript:alert(1)',
  `${env.PUBLIC_URL}.evil.example/`,
])('the code is sent to this instance and not to %s', async (redirect_to) => {
  const state = stateOf(await leave({ redirect_to, invitation: await invitation() }));
  const back = await comeBack(state, codeFor());
  expect(back.origin + back.pathname).toBe(`${env.PUBLIC_URL}/sign-in`);
});

test("the browser gets what GitHub refuses or can't answer", async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const refusalOf = async (code: string, more: Partial<Env> = {}) =>
    (await comeBack(stateOf(await leave()), code, more)).searchParams.get('error_description');
  expect(await refusalOf('not-a-code')).toContain('The code passed is incorrect or expired.');
  expect(await refusalOf(codeFor(), { GITHUB_CLIENT_SECRET: 'wrong' })).toContain('client_secret');
  expect(await refusalOf(codeFor(), { GITHUB_URL: inject('issuers').broken.away })).toBe(
    'GitHub does not answer',
  );
  expect(await refusalOf(codeFor(), { GITHUB_URL: inject('issuers').broken.failing })).toBe(
    'GitHub answered 500',
  );
  log.mockRestore();
  const query = new URLSearchParams({
    error: 'access_denied',
    error_description: 'The user has denied your application access.',
    state: stateOf(await leave()),
  });
  const denied = new URL((await ask(`/callback?${query}`)).headers.get('Location') ?? '');
  expect(denied.searchParams.get('error_description')).toContain('denied');
});

test('without an OAuth app, and for another provider, there is nobody to go to', async () => {
  const params = new URLSearchParams({
    provider: 'github',
    code_challenge: await challengeOf(VERIFIER),
    code_challenge_method: 's256',
  });
  await refused(await request(`/auth/v1/authorize?${params}`), 400, 'validation_failed');
  params.set('provider', 'google');
  await refused(await ask(`/authorize?${params}`), 400, 'validation_failed');
});

test.each([
  ['no challenge', { code_challenge: '' }],
  ['a challenge in the clear', { code_challenge_method: 'plain' }],
])('a sign-in with %s is stopped before GitHub', async (_title, query) => {
  const params = new URLSearchParams({
    provider: 'github',
    code_challenge: await challengeOf(VERIFIER),
    code_challenge_method: 's256',
    ...query,
  });
  expect((await ask(`/authorize?${params}`)).status).toBeGreaterThanOrEqual(400);
});

test('an invitation goes in the body, which reaches neither a log nor GitHub, and must be good', async () => {
  const params = new URLSearchParams({
    provider: 'github',
    redirect_to: BACK,
    code_challenge: await challengeOf(VERIFIER),
    code_challenge_method: 's256',
  });
  const token = await invitation();
  const post = (json: object) => ask(`/authorize?${params}`, { method: 'POST', json });
  await refused(await post({ invitation: 'afi_unknown' }), 422, 'invite_not_found');
  await refused(await post({}), 400, 'validation_failed');
  const url = await leave({ invitation: token });
  expect(decodeURIComponent(url.href)).not.toContain(token);
  // It is ignored in the query.
  const response = await ask(`/authorize?${params}&invitation=${token}`);
  const state = stateOf(new URL(response.headers.get('Location') ?? ''));
  expect((await comeBack(state, codeFor())).searchParams.get('error_code')).toBe('signup_disabled');
});

test('who came in by GitHub and an invitation can accept it again, as who signed up otherwise', async () => {
  const token = await invitation();
  const back = await comeBack(stateOf(await leave({ invitation: token })), codeFor());
  const session = await (await exchange(back.searchParams.get('code'))).json<Session>();
  const accepted = await request('/api/invitations/accept', {
    method: 'POST',
    token: session.access_token,
    json: { token },
  });
  expect(await accepted.json()).toEqual({ teamId: owner.user.id, role: 'developer' });
});
