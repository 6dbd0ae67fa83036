import { env } from 'cloudflare:workers';
import type {
  GithubBranch,
  GithubInstallation,
  GithubIntegration,
  GithubManifest,
  GithubRepository,
  Page,
} from '@appflux/protocol';
import { beforeEach, describe, expect, test } from 'vitest';
import { UNAVAILABLE } from '../../../stack/stand-ins/github-app/faults.ts';
import { githubAppSecrets } from '../git-hosts/github-app/events.ts';
import type { Manifest } from '../git-hosts/github-app/manifest.ts';
import { connected, type TestGithub, testGithub } from '../git-hosts/testing/github.ts';
import { resealGithubApps } from '../key-rotation/reseal.ts';
import { metadataOf } from '../metadata/index.ts';
import { createSealer } from '../secrets/sealing.ts';
import { founder, memberOf, type SignedIn } from '../testing/people.ts';
import { forgetAll, request, requestWith } from '../testing/worker.ts';

const BASE = '/api/integrations/github';

let owner: SignedIn;

beforeEach(async () => {
  await forgetAll();
  owner = await founder();
});

const call = async <Body>(token: string, method: string, path: string, json?: unknown) => {
  const response = await request(`${BASE}${path}`, {
    method,
    token,
    ...(json === undefined ? {} : { json }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as Body };
};

const codeOf = (body: unknown) => (body as { error: { code: string } }).error.code;

const stateOf = (url: string) => new URL(url).searchParams.get('state') ?? '';

/** The state that a person starts with. */
const started = async ({ token }: SignedIn) => {
  const { body } = await call<{ installUrl: string; connectUrl: string }>(
    token,
    'POST',
    '/installations/start',
  );
  expect(stateOf(body.connectUrl)).toBe(stateOf(body.installUrl));
  return stateOf(body.installUrl);
};

describe('registering the App', () => {
  const manifest = async (json = {}) =>
    (await call<GithubManifest>(owner.token, 'POST', '/manifest', json)).body;

  test('the form is posted to the person’s settings, or an organization’s', async () => {
    using _ = testGithub();
    const { action, manifest: text } = await manifest();
    expect(action).toMatch(new RegExp(`^${env.GITHUB_URL}/settings/apps/new\\?state=`));
    const { action: other } = await manifest({ organization: 'octo-org' });
    expect(other).toContain('/organizations/octo-org/settings/apps/new?state=');
    const parsed = JSON.parse(text) as Manifest;
    expect(parsed).toMatchObject({
      hook_attributes: { url: `${env.PUBLIC_URL}/hooks/github`, active: true },
      request_oauth_on_install: true,
      public: false,
    });
    expect(parsed.name.length).toBeLessThanOrEqual(34);
    expect(parsed.default_permissions.contents).toBe('read');
  });

  test('its credentials are sealed, and nobody gets them back', async () => {
    using github = testGithub();
    const state = stateOf((await manifest()).action);
    const { code, app } = await github.control({ manifestCode: true });
    const { status, body } = await call<object>(owner.token, 'POST', '/app', { code, state });
    expect(status).toBe(201);
    expect(body).toMatchObject({ slug: 'appflux-test', account: 'octo-org' });
    const rows = JSON.stringify((await env.METADATA.prepare('SELECT * FROM github_apps').all()).results);
    for (const secret of ['PRIVATE KEY', app.webhookSecret, app.clientSecret]) {
      expect(rows).not.toContain(secret);
      expect(JSON.stringify(body)).not.toContain(secret);
    }
    expect(await githubAppSecrets(env, metadataOf(env))).toEqual([app.webhookSecret]);
    const seen = await call<GithubIntegration>(owner.token, 'GET', '');
    expect(seen.body).toMatchObject({ app: { slug: 'appflux-test' }, canManageApp: true, installations: [] });
    const viewer = await memberOf(owner.user.id, 'viewer');
    expect((await call<GithubIntegration>(viewer.token, 'GET', '')).body.canManageApp).toBe(false);
    const audit = await request('/api/audit', { token: owner.token });
    expect(await audit.text()).toContain('"github.app_register"');
  });

  test('a code works once, and there is one App', async () => {
    using github = testGithub();
    const state = stateOf((await manifest()).action);
    const { code } = await github.control({ manifestCode: true });
    await github.control({ faults: [{ on: '/conversions', fault: 'lost' }] });
    expect(codeOf((await call(owner.token, 'POST', '/app', { code, state })).body)).toBe('unavailable');
    // GitHub carried it out: the code is used up, and the person has to begin again.
    expect(codeOf((await call(owner.token, 'POST', '/app', { code, state })).body)).toBe('unprocessable');
    const { code: second } = await github.control({ manifestCode: true });
    expect((await call(owner.token, 'POST', '/app', { code: second, state })).status).toBe(201);
    const { code: third } = await github.control({ manifestCode: true });
    expect((await call(owner.token, 'POST', '/app', { code: third, state })).status).toBe(422);
    expect((await call(owner.token, 'DELETE', '/app')).status).toBe(204);
    expect((await call<GithubIntegration>(owner.token, 'GET', '')).body.app).toBeNull();
    expect(await githubAppSecrets(env, metadataOf(env))).toEqual([]);
  });

  test('a state that was changed, has another purpose or is someone else’s is refused', async () => {
    using github = testGithub();
    await github.registered();
    const connecting = await started(owner);
    await metadataOf(env).github.deleteApp(
      new URL(env.GITHUB_URL ?? '').host,
      String((await github.control()).app.id),
    );
    const { code } = await github.control({ manifestCode: true });
    const state = stateOf((await manifest()).action);
    for (const wrong of ['x', connecting, `${state}x`, `x${state}`, state.split('.')[0] ?? ''])
      expect((await call(owner.token, 'POST', '/app', { code, state: wrong })).status).toBe(422);
    expect((await call(env.OPERATOR_SECRET, 'POST', '/app', { code, state })).status).toBe(422);
    expect((await call(owner.token, 'POST', '/app', { code, state })).status).toBe(201);
  });

  test('rotating keys reseals its credentials once', async () => {
    using github = testGithub();
    await github.registered();
    const metadata = metadataOf(env);
    const old = env.SEALING_KEY;
    const rotated = {
      ...env,
      SEALING_KEY: 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
      SEALING_KEY_PREVIOUS: old,
    };
    expect(await resealGithubApps(metadata, createSealer(rotated))).toBe(1);
    expect(await resealGithubApps(metadata, createSealer(rotated))).toBe(0);
    const { app } = await github.control();
    const later = { ...rotated, SEALING_KEY_PREVIOUS: '' };
    expect(await githubAppSecrets(later, metadata)).toEqual([app.webhookSecret]);
  });

  test('GitHub’s redirects lead to the dashboard, with what they carry and nothing else', async () => {
    const response = await request(
      '/integrations/github/installed?code=c&state=s&installation_id=7&setup_action=install&next=https://evil.example',
    );
    expect(response.status).toBe(302);
    expect(response.headers.get('Location')).toBe(
      `${env.PUBLIC_URL}/settings/git?step=installed&code=c&state=s&installation_id=7&setup_action=install`,
    );
    expect(response.headers.get('Referrer-Policy')).toBe('no-referrer');
  });
});

describe('connecting an installation', () => {
  /** An organization with two repositories, both covered; `ada` administers both, `eve` may read one. */
  async function organization(github: TestGithub) {
    await github.registered();
    const { installations } = await github.control({
      repositories: [
        { owner: 'octo-org', name: 'one', people: { ada: 'admin', eve: 'pull', bob: 'admin' } },
        { owner: 'octo-org', name: 'two', people: { ada: 'admin' } },
      ],
      installations: [{ account: 'octo-org', type: 'Organization' }],
    });
    return installations[0]?.id ?? 0;
  }

  const connect = async (github: TestGithub, person: SignedIn, login: string, installationId?: number) => {
    const { code } = await github.control({ codeFor: login });
    const state = await started(person);
    return call<{ items: GithubInstallation[] }>(person.token, 'POST', '/installations', {
      code,
      state,
      ...(installationId === undefined ? {} : { installationId: String(installationId) }),
    });
  };

  test('an administrator of all its repositories connects it with their team', async () => {
    using github = testGithub();
    const id = await organization(github);
    const { status, body } = await connect(github, owner, 'ada', id);
    expect(status).toBe(200);
    expect(body.items).toMatchObject([{ id: String(id), account: 'octo-org', accountType: 'Organization' }]);
    const seen = await call<GithubIntegration>(owner.token, 'GET', '');
    expect(seen.body.installations).toEqual(body.items);
    // The token of the person is nowhere.
    const dump = JSON.stringify(
      (await env.METADATA.prepare('SELECT * FROM github_installations').all()).results,
    );
    expect(dump).not.toContain('ghu_');
  });

  test.each([
    ['someone who can read one repository', 'eve'],
    ['an administrator of one of two repositories', 'bob'],
    ['someone who has nothing to do with it', 'mallory'],
  ])('%s can’t', async (_, login) => {
    using github = testGithub();
    const id = await organization(github);
    const { status, body } = await connect(github, owner, login, id);
    expect([status, codeOf(body)]).toEqual([403, 'forbidden']);
    expect((await connect(github, owner, login)).body.items).toEqual([]);
    expect((await call<GithubIntegration>(owner.token, 'GET', '')).body.installations).toEqual([]);
  });

  test('another team can’t take it, until the first lets go', async () => {
    using github = testGithub();
    const id = await organization(github);
    await connect(github, owner, 'ada', id);
    const other = await founder();
    const taken = await connect(github, other, 'ada', id);
    expect(taken.status).toBe(422);
    expect((await connect(github, other, 'ada')).body.items).toEqual([]);
    expect((await call(other.token, 'DELETE', `/installations/${id}`)).status).toBe(404);
    expect((await call(owner.token, 'DELETE', `/installations/${id}`)).status).toBe(204);
    expect((await connect(github, other, 'ada', id)).status).toBe(200);
  });

  test('a personal account is connected by its person alone', async () => {
    using github = testGithub();
    await github.registered();
    await github.control({
      repositories: [{ owner: 'ada', name: 'site', people: { ada: 'admin', eve: 'push' } }],
      installations: [{ account: 'ada' }],
    });
    expect((await connect(github, owner, 'eve')).body.items).toEqual([]);
    expect((await connect(github, owner, 'ada')).body.items).toMatchObject([
      { account: 'ada', accountType: 'User' },
    ]);
  });

  test('a link that somebody else started connects nothing', async () => {
    using github = testGithub();
    const id = await organization(github);
    const attacker = await founder();
    const state = await started(attacker);
    const { code } = await github.control({ codeFor: 'ada' });
    const body = { code, state, installationId: String(id) };
    expect((await call(owner.token, 'POST', '/installations', body)).status).toBe(422);
    // Nor in another team of the same person.
    const second = await founder();
    await metadataOf(env).members.insert({
      id: '65f000000000000000000009',
      teamId: second.user.id,
      userId: attacker.user.id,
      email: attacker.user.email,
      role: 'admin',
      joinedBy: null,
      createdAt: '2026-11-29T12:00:00.000Z',
    });
    const elsewhere = await request(`${BASE}/installations`, {
      method: 'POST',
      token: attacker.token,
      json: body,
      headers: { 'X-AppFlux-Team': second.user.id },
    });
    expect(elsewhere.status).toBe(422);
  });

  test('a used code, and a program, connect nothing', async () => {
    using github = testGithub();
    await organization(github);
    const state = await started(owner);
    const { code } = await github.control({ codeFor: 'ada' });
    expect((await call(owner.token, 'POST', '/installations', { code, state })).status).toBe(200);
    expect((await call(owner.token, 'POST', '/installations', { code, state })).status).toBe(422);
    expect((await call(env.OPERATOR_SECRET, 'POST', '/installations/start')).status).toBe(422);
  });

  test('a state expires', async () => {
    using github = testGithub();
    await organization(github);
    const { createState, requireState } = await import('../git-hosts/github-app/state.ts');
    const facts = { step: 'installation', userId: 'a', teamId: 'b' } as const;
    const state = await createState(env, facts, 0);
    await expect(requireState(env, state, facts, 3_599_999)).resolves.toBeUndefined();
    await expect(requireState(env, state, facts, 3_600_000)).rejects.toMatchObject({ code: 'unprocessable' });
  });
});

describe('choosing a repository', () => {
  async function prepared(github: TestGithub) {
    await github.registered();
    const branches = Array.from({ length: 130 }, (_, n) => `feature-${String(n).padStart(3, '0')}`);
    const { installations } = await github.control({
      repositories: [
        ...Array.from({ length: 150 }, (_, n) => ({
          owner: 'octo-org',
          name: `repo-${String(n).padStart(3, '0')}`,
        })),
        { owner: 'ada', name: 'Site', branches: ['main', ...branches] },
        { owner: 'mallory', name: 'site' },
      ],
      installations: [{ account: 'octo-org', type: 'Organization' }, { account: 'ada' }],
    });
    for (const one of installations) await connected(github, owner.user.id, one);
  }

  const list = async <Item>(path: string, query: Record<string, string>) => {
    const items: Item[] = [];
    let cursor: string | null = null;
    do {
      const all: URLSearchParams = new URLSearchParams({ ...query, ...(cursor === null ? {} : { cursor }) });
      const { status, body }: { status: number; body: Page<Item> } = await call(
        owner.token,
        'GET',
        `${path}?${all}`,
      );
      expect(status).toBe(200);
      expect(body.items.length).toBeLessThanOrEqual(Number(query.limit ?? 30));
      items.push(...body.items);
      cursor = body.nextCursor;
    } while (cursor !== null);
    return items;
  };

  test('all repositories of all installations are listed once, and no others', async () => {
    using github = testGithub();
    await prepared(github);
    const names = (await list<GithubRepository>('/repositories', { limit: '40' })).map(
      ({ fullName }) => fullName,
    );
    expect(names).toHaveLength(151);
    expect(new Set(names).size).toBe(151);
    expect(names).not.toContain('mallory/site');
    const [site] = await list<GithubRepository>('/repositories', { search: 'SITE' });
    expect(site).toMatchObject({ fullName: 'ada/Site', url: github.repoUrl('ada/Site'), private: true });
    expect(await list('/repositories', { search: 'no such' })).toEqual([]);
  });

  test('branches are found by part of their name, on any page', async () => {
    using github = testGithub();
    await prepared(github);
    const path = '/repositories/ada/site/branches';
    expect(await list<GithubBranch>(path, { limit: '50' })).toHaveLength(131);
    expect(await list<GithubBranch>(path, { search: 'URE-12' })).toHaveLength(10);
    for (const other of ['mallory/site', 'ada/none', 'ada/..'])
      expect((await call(owner.token, 'GET', `/repositories/${other}/branches`)).status).toBe(404);
  });

  test('another team sees none of it, and a nonsense cursor is refused', async () => {
    using github = testGithub();
    await prepared(github);
    const other = await founder();
    const seen = await call<Page<GithubRepository>>(other.token, 'GET', '/repositories');
    expect(seen.body).toEqual({ items: [], nextCursor: null });
    expect((await call(other.token, 'GET', '/repositories/ada/site/branches')).status).toBe(404);
    for (const cursor of ['nonsense', 'e30', 'W10'])
      for (const path of ['/repositories', '/repositories/ada/site/branches'])
        expect((await call(owner.token, 'GET', `${path}?cursor=${cursor}&limit=1`)).status).toBe(400);
  });

  test('a GitHub that does not answer is said, with when to try again', async () => {
    using github = testGithub();
    await prepared(github);
    await github.control({ faults: [{ on: '/installation/repositories', fault: UNAVAILABLE }] });
    const response = await request(`${BASE}/repositories`, { token: owner.token });
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '10']);
  });
});

test('an Enterprise Server has its API below its address unless another is set', async () => {
  const { token } = owner;
  const response = await requestWith({ GITHUB_URL: 'https://git.example.com/' }, BASE, { token });
  expect(await response.json()).toMatchObject({ host: 'git.example.com' });
  const { githubAddress } = await import('../git-hosts/github-app/address.ts');
  expect(githubAddress({ GITHUB_URL: 'https://git.example.com/' }).api).toBe(
    'https://git.example.com/api/v3',
  );
  expect(githubAddress({})).toEqual({
    host: 'github.com',
    web: 'https://github.com',
    api: 'https://api.github.com',
  });
});
