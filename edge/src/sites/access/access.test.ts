/** Each address of an App × each access × each caller: who may open what. */
import { env } from 'cloudflare:workers';
import type { Access } from '@appflux/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { issueToken } from '../../identity/one-time-token.ts';
import { hashPassword } from '../../identity/password.ts';
import { metadataOf } from '../../metadata/index.ts';
import type { AppRecord, DeploymentRecord } from '../../metadata/metadata.ts';
import { givenApp, givenDeployment } from '../../publish/testing/published.ts';
import { forgetAll, request } from '../../testing/worker.ts';
import { deploymentLabel } from '../hosts/labels.ts';
import { resolveSite } from '../hosts/resolve.ts';
import { admit } from './admit.ts';
import { accessCookie, type CookieFacts, PASSWORD_SECONDS, TEAM_SECONDS } from './cookies.ts';
import { artifactLink } from './link.ts';
import { passwordMark } from './password.ts';

const HASH = hashPassword('the right password');
const EARLIER_HASH = hashPassword('the earlier password');
const DASHBOARD = new URL(env.PUBLIC_URL).hostname;
const SITES = env.SITES_DOMAIN.replace(/:\d+$/, '');
const FILE = 'app.apk';
const STATE_COOKIE = /^appflux-access-state=[\w-]{43}; Path=\/; Max-Age=900; HttpOnly; SameSite=Lax$/;

interface World {
  app: AppRecord;
  other: AppRecord;
  release: DeploymentRecord;
  preview: DeploymentRecord;
}
const worlds = new Map<Access, World>();

beforeAll(async () => {
  await forgetAll();
  const other = await givenApp({ slug: 'other' });
  for (const access of ['public', 'team', 'password'] as const) {
    const app = await givenApp({
      slug: `app-${access}`,
      access: { production: access, previews: access },
      passwordHash: access === 'password' ? HASH : null,
    });
    const release = await givenDeployment(app, { [FILE]: 'release' });
    const preview = await givenDeployment(app, { [FILE]: 'preview' }, { environment: 'preview' });
    worlds.set(access, { app, other, release, preview });
  }
});

const worldOf = (access: Access): World => {
  const world = worlds.get(access);
  if (world === undefined) throw new Error(`no world for ${access}`);
  return world;
};

/** An address: its host, its path, and whether it is a file, which links are for. */
interface Address {
  host: string;
  path: string;
  file: DeploymentRecord | null;
}
const onDashboard = (path: string, file: DeploymentRecord | null = null) => ({ host: DASHBOARD, path, file });

const ADDRESSES: Record<string, (world: World) => Address> = {
  'the release’s site': ({ app }) => ({ host: `${app.slug}.${SITES}`, path: '/docs/?q=1', file: null }),
  'a preview’s site': ({ app, preview }) => ({
    host: `${deploymentLabel(preview.id, app.slug)}.${SITES}`,
    path: '/docs/?q=1',
    file: null,
  }),
  'the page': ({ app }) => onDashboard(`/a/${app.slug}`),
  'the page of a version': ({ app, release }) => onDashboard(`/a/${app.slug}/versions/${release.id}`),
  'the newest file': ({ app }) => onDashboard(`/a/${app.slug}/latest/android`),
  'the badge': ({ app }) => onDashboard(`/a/${app.slug}/badge.svg`),
  'an update feed': ({ app }) => onDashboard(`/a/${app.slug}/updates/electron/latest.yml`),
  'a file of the release': ({ release }) => onDashboard(`/dl/${release.id}/${FILE}`, release),
  'a file of a preview': ({ preview }) => onDashboard(`/dl/${preview.id}/${FILE}`, preview),
};

/** Null when a request was admitted; else the refusal. */
async function open({ host, path }: Address, init: RequestInit): Promise<Response | null> {
  if (host === DASHBOARD) {
    const response = await request(path, init);
    const isRefusal = [401, 403].includes(response.status) || isSignIn(response);
    if (!isRefusal && response.status !== 404) return null;
    return response;
  }
  const asked = new Request(`http://${host}${path}`, { redirect: 'manual', ...init });
  const site = await resolveSite(host, { env });
  if (typeof site === 'string') throw new Error(`${host} is ${site}`);
  return admit(asked, site, env);
}

const isSignIn = ({ status, headers }: Response) =>
  status === 302 && /\/site-access\?|\/\.appflux\/password\?/.test(headers.get('Location') ?? '');

const NAVIGATION = { Accept: 'text/html,*/*', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

async function cookie(facts: CookieFacts, now = Date.now()): Promise<string> {
  return (await accessCookie(env, facts, now)).split(';')[0] ?? '';
}

const teamFacts = ({ app }: World, { host }: Address): CookieFacts => ({
  host,
  app: app.id,
  kind: 'team',
  subject: app.ownerId,
});
const passwordFacts = async ({ app }: World, { host }: Address, hash: string): Promise<CookieFacts> => ({
  host,
  app: app.id,
  kind: 'password',
  subject: (await passwordMark(hash)) ?? '',
});

async function token(ownerId: string, scopes: ('apps:read' | 'deployments:read' | 'deployments:write')[]) {
  return (await issueToken(metadataOf(env), 'api', { kind: 'api', ownerId, name: 'ci', scopes })).token;
}

type Outcome = 'open' | 'asked' | 401 | 403 | 404;
type Caller = {
  init: (world: World, address: Address) => Promise<{ headers?: Record<string, string>; query?: string }>;
  /** What becomes of them where the access is `team`, and where it is `password`. */
  team: Outcome;
  password: Outcome;
};

const withCookie = async (facts: CookieFacts | Promise<CookieFacts>, now?: number) => ({
  headers: { Cookie: `theme=dark; ${await cookie(await facts, now)}; x=y` },
});
const withToken = (value: string) => ({ headers: { Authorization: `Bearer ${value}` } });

const CALLERS: Record<string, Caller> = {
  'nobody, in a browser': { init: async () => ({ headers: NAVIGATION }), team: 'asked', password: 'asked' },
  'nobody, in an older browser': {
    init: async () => ({ headers: { Accept: 'text/html' } }),
    team: 'asked',
    password: 'asked',
  },
  'nobody, a program': { init: async () => ({}), team: 401, password: 401 },
  'an image of another page': {
    init: async () => ({
      headers: { ...NAVIGATION, 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image' },
    }),
    team: 401,
    password: 401,
  },
  'a member with a cookie': {
    init: async (world, address) => withCookie(teamFacts(world, address)),
    team: 'open',
    password: 'open',
  },
  'a member with an expired cookie': {
    init: async (world, address) => withCookie(teamFacts(world, address), Date.now() - TEAM_SECONDS * 1000),
    team: 401,
    password: 401,
  },
  'a member with a cookie of another host': {
    init: async (world, address) => withCookie({ ...teamFacts(world, address), host: `evil.${SITES}` }),
    team: 401,
    password: 401,
  },
  'a cookie for another app, renamed': {
    init: async (world, address) => {
      const other = await cookie({ ...teamFacts(world, address), app: world.other.id });
      return { headers: { Cookie: other.replace(world.other.id, world.app.id) } };
    },
    team: 401,
    password: 401,
  },
  'a cookie of another team': {
    init: async (world, address) =>
      withCookie({ ...teamFacts(world, address), subject: world.other.ownerId }),
    team: 401,
    password: 401,
  },
  'a changed cookie': {
    init: async (world, address) => {
      const good = await cookie(teamFacts(world, address));
      const [name = '', value = ''] = good.split('=');
      const [text = '', signature = ''] = value.split('.');
      const changed = Buffer.from(text, 'base64url').toString().replace('"until":1', '"until":9');
      return { headers: { Cookie: `${name}=${Buffer.from(changed).toString('base64url')}.${signature}` } };
    },
    team: 401,
    password: 401,
  },
  'a cookie without a signature': {
    init: async ({ app }) => ({ headers: { Cookie: `appflux-access-${app.id}=eyJ9.${'A'.repeat(43)}` } }),
    team: 401,
    password: 401,
  },
  'somebody who knew the password': {
    init: async (world, address) => withCookie(passwordFacts(world, address, HASH)),
    team: 401,
    password: 'open',
  },
  'somebody who knew it a day ago': {
    init: async (world, address) =>
      withCookie(passwordFacts(world, address, HASH), Date.now() - PASSWORD_SECONDS * 1000),
    team: 401,
    password: 401,
  },
  'somebody who knew the earlier password': {
    init: async (world, address) => withCookie(passwordFacts(world, address, EARLIER_HASH)),
    team: 401,
    password: 401,
  },
  'a script of the team': {
    init: async ({ app }) => withToken(await token(app.ownerId, ['deployments:read'])),
    team: 'open',
    password: 'open',
  },
  'a script of the team with a cookie that opens nothing any more': {
    init: async (world, address) => {
      const { headers: kept } = await withCookie(passwordFacts(world, address, EARLIER_HASH));
      const { headers: sent } = withToken(await token(world.app.ownerId, ['deployments:read']));
      return { headers: { ...kept, ...sent } };
    },
    team: 'open',
    password: 'open',
  },
  'a script of the team that may write': {
    init: async ({ app }) => withToken(await token(app.ownerId, ['deployments:write'])),
    team: 'open',
    password: 'open',
  },
  'a script with too few scopes': {
    init: async ({ app }) => withToken(await token(app.ownerId, ['apps:read'])),
    team: 403,
    password: 403,
  },
  'a script of another team': {
    init: async ({ other }) => withToken(await token(other.ownerId, ['deployments:read'])),
    team: 404,
    password: 404,
  },
  'an unknown token': { init: async () => withToken('afx_unknown'), team: 401, password: 401 },
  'a site’s own token': { init: async () => withToken('eyJh.eyJz.c2ln'), team: 401, password: 401 },
  'a token in the URL': {
    init: async ({ app }) => ({ query: `access_token=${await token(app.ownerId, ['deployments:read'])}` }),
    team: 401,
    password: 401,
  },
};

describe.each(Object.entries(ADDRESSES))('%s', (_name, addressOf) => {
  describe.each(['public', 'team', 'password'] as const)('with the access %s', (access) => {
    test.each(Object.entries(CALLERS))('for %s', async (_caller, caller) => {
      const world = worldOf(access);
      const address = addressOf(world);
      const { headers = {}, query } = await caller.init(world, address);
      const joint = address.path.includes('?') ? '&' : '?';
      const path = query === undefined ? address.path : `${address.path}${joint}${query}`;
      const answer = await open({ ...address, path }, { headers });
      const expected = access === 'public' ? 'open' : caller[access];
      // Without a release for Electron, a feed that may be read says that there is none.
      const isEmptyFeed = address.path.includes('/updates/') && answer?.status === 404;
      if (expected === 'open') {
        if (!isEmptyFeed) expect(answer).toBeNull();
        return;
      }
      if (expected === 'asked') return asked(answer, access, address);
      expect(answer?.status).toBe(expected);
      expect(answer?.headers.get('Cache-Control')).toBe('no-store');
      expect(answer?.headers.get('Set-Cookie')).toBeNull();
      expect(await answer?.json()).toEqual({ error: expect.objectContaining({ code: expect.any(String) }) });
    });
  });
});

/** That a visitor is asked to sign in, for exactly what they wanted to open. */
function asked(answer: Response | null, access: Access, { host, path }: Address): void {
  expect(answer?.status).toBe(302);
  expect(answer?.headers.get('Cache-Control')).toBe('no-store');
  const to = new URL(answer?.headers.get('Location') ?? '', `http://${host}`);
  expect(to.searchParams.get('to')).toBe(path);
  if (access === 'password') {
    expect(to.host + to.pathname).toBe(`${host}/.appflux/password`);
    return;
  }
  expect(to.origin + to.pathname).toBe(`${env.PUBLIC_URL}/site-access`);
  const isPage = host === DASHBOARD;
  expect(to.searchParams.get(isPage ? 'page' : 'host')).toBe(isPage ? 'app-team' : host);
  const set = answer?.headers.get('Set-Cookie') ?? '';
  expect(set).toMatch(STATE_COOKIE);
  expect(set).toContain(`=${to.searchParams.get('state')};`);
}

describe('a signed link', () => {
  const soon = () => Math.floor(Date.now() / 1000) + 60;
  const linkOf = async (deployment: DeploymentRecord, expires = soon(), name = FILE) =>
    (await artifactLink(env, { deploymentId: deployment.id, name, expires })).slice(env.PUBLIC_URL.length);

  test.each(['team', 'password'] as const)('opens its file where the access is %s', async (access) => {
    const { release, preview } = worldOf(access);
    for (const deployment of [release, preview]) {
      const response = await request(await linkOf(deployment));
      expect(response.status).toBe(200);
      expect(response.headers.get('Cache-Control')).toBe('private, max-age=31536000, immutable');
    }
  });

  const CHANGES: Record<string, (link: string, world: World) => Promise<string> | string> = {
    expired: (_, { preview }) => linkOf(preview, Math.floor(Date.now() / 1000) - 1),
    'with a later end': (link) => link.replace(/expires=\d+/, `expires=${soon() + 1}`),
    'with a number that is written differently': (link) => link.replace(/expires=(\d+)/, 'expires=0$1'),
    'for another deployment': (link, { preview, release }) => link.replace(preview.id, release.id),
    'for another file': async (link, { preview }) =>
      `/dl/${preview.id}/other.apk?${(await linkOf(preview, soon(), FILE)).split('?')[1] ?? link}`,
    'with a changed signature': (link) =>
      link.replace(/signature=(.)/, (_, first: string) => `signature=${first === 'A' ? 'B' : 'A'}`),
    'without a signature': (link) => link.replace(/&signature=.*/, ''),
    'without an end': (link) => link.replace(/expires=\d+&/, ''),
  };
  test.each(Object.entries(CHANGES))('%s opens nothing', async (_name, change) => {
    const world = worldOf('team');
    const changed = await change(await linkOf(world.preview), world);
    expect((await request(changed)).status).toBe(401);
  });

  test('opens no page and no site', async () => {
    const { app, preview } = worldOf('team');
    const query = (await linkOf(preview)).split('?')[1] ?? '';
    expect((await request(`/a/${app.slug}?${query}`)).status).toBe(401);
  });
});

test('with previews for the team only, nobody else gets their files, and the release stays public', async () => {
  const app = await givenApp({ access: { production: 'public', previews: 'team' } });
  const release = await givenDeployment(app, { [FILE]: 'release' });
  const preview = await givenDeployment(app, { [FILE]: 'preview' }, { environment: 'preview' });
  const building = await givenDeployment(app, {}, { environment: 'preview', status: 'building' });
  expect((await request(`/dl/${release.id}/${FILE}`)).status).toBe(200);
  expect((await request(`/dl/${release.id}/${FILE}`)).headers.get('Cache-Control')).toContain('public');
  expect((await request(`/dl/${preview.id}/${FILE}`)).status).toBe(401);
  // Metadata may not have heard of its success yet.
  expect((await request(`/dl/${building.id}/${FILE}`)).status).toBe(401);
});

test('updates of previews are for who may see previews', async () => {
  const app = await givenApp({ access: { production: 'public', previews: 'team' } });
  const release = await givenDeployment(app, { [FILE]: 'release' });
  const preview = await givenDeployment(app, { [FILE]: 'preview' }, { environment: 'preview' });
  const feed = `/a/${app.slug}/updates/expo`;
  const status = async (path: string, channel?: string) =>
    (await request(path, channel === undefined ? {} : { headers: { 'expo-channel-name': channel } })).status;
  for (const channel of ['preview', ' Preview', 'PREVIEW', 'other'])
    expect(await status(feed, channel)).toBe(401);
  expect(await status(feed, 'production')).not.toBe(401);
  expect(await status(feed)).not.toBe(401);
  const asset = ({ id }: DeploymentRecord) => `${feed}/assets/${id}/${'0'.repeat(64)}`;
  expect(await status(asset(preview))).toBe(401);
  expect(await status(asset(release))).toBe(404);
  expect(await status(asset({ ...release, id: '0'.repeat(24) }))).toBe(401);
});

test('what is not there is missing, for everyone', async () => {
  expect((await request('/a/nobody')).status).toBe(404);
  expect((await request(`/dl/${'0'.repeat(24)}/${FILE}`)).status).toBe(404);
});
