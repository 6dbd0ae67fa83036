/** How visitors of private sites sign in: through the dashboard, and with a password. */
import { env, exports } from 'cloudflare:workers';
import { SiteOpening } from '@appflux/protocol';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { hashPassword } from '../../identity/password.ts';
import { metadataOf } from '../../metadata/index.ts';
import type { AppRecord } from '../../metadata/metadata.ts';
import { givenApp, givenDeployment } from '../../publish/testing/published.ts';
import { founder, memberOf, type SignedIn } from '../../testing/people.ts';
import { forgetAll, request } from '../../testing/worker.ts';
import { forgetSite, resolveSite } from '../hosts/resolve.ts';
import { newApp, publish } from '../serve/testing/publish.ts';
import { admit } from './admit.ts';
import { accessCookie } from './cookies.ts';
import { returnPath } from './return-path.ts';

const SITES = env.SITES_DOMAIN;
const PASSWORD = 'open sesame';
const HASH = hashPassword(PASSWORD);
const NAVIGATION = { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

let owner: SignedIn;
let stranger: SignedIn;
let site: AppRecord;

beforeAll(async () => {
  await forgetAll();
  owner = await founder();
  stranger = await founder();
});
beforeEach(async () => {
  site = await givenApp({
    ownerId: owner.user.id,
    access: { production: 'team', previews: 'password' },
    passwordHash: HASH,
  });
});
afterEach(() => vi.useRealTimers());

/** A browser: its cookies, by host. */
class Browser {
  readonly #jar = new Map<string, Map<string, string>>();

  async open(url: string, init: RequestInit = {}): Promise<Response> {
    const { host } = new URL(url);
    const headers = new Headers({ ...NAVIGATION, ...Object.fromEntries(new Headers(init.headers)) });
    const jar = this.#jar.get(host) ?? new Map<string, string>();
    if (jar.size > 0) headers.set('Cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const answer = await this.#send(new Request(url, { redirect: 'manual', ...init, headers }));
    for (const set of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = set.split(';')[0]?.split('=') ?? [];
      jar.set(name, value);
    }
    this.#jar.set(host, jar);
    return answer;
  }

  async #send(asked: Request): Promise<Response> {
    const { host, pathname, search } = new URL(asked.url);
    if (host === new URL(env.PUBLIC_URL).host) {
      const { method, headers, body } = asked;
      return request(pathname + search, { method, headers, body });
    }
    const found = await resolveSite(host, { env });
    if (typeof found === 'string') throw new Error(`${host} is ${found}`);
    return (await admit(asked, found, env)) ?? new Response('the site');
  }
}

const siteOf = (app: AppRecord, path = '/') => `http://${app.slug}.${SITES}${path}`;

/** What the dashboard does when a visitor was sent to it: gives the URL to go on with. */
async function atDashboard(answer: Response, person: SignedIn): Promise<string> {
  const asked = new URL(answer.headers.get('Location') ?? '');
  expect(asked.origin + asked.pathname).toBe(`${env.PUBLIC_URL}/site-access`);
  const response = await ask(Object.fromEntries(asked.searchParams), person);
  expect(response.status).toBe(200);
  return SiteOpening.parse(await response.json()).url;
}

const ask = (json: unknown, person: SignedIn) =>
  request('/api/site-access', { method: 'POST', token: person.token, json });

describe('a member of the team', () => {
  test.each(['owner', 'viewer'] as const)('comes back to the path as %s, and stays', async (role) => {
    const person = role === 'owner' ? owner : await memberOf(owner.user.id, role);
    const browser = new Browser();
    const url = await atDashboard(await browser.open(siteOf(site, '/docs/a%20b?x=1&y=%2F')), person);
    expect(url).toMatch(siteOf(site, '/.appflux/access?'));
    const back = await browser.open(url);
    expect(back.status).toBe(303);
    expect(back.headers.get('Location')).toBe('/docs/a%20b?x=1&y=%2F');
    expect(back.headers.get('Referrer-Policy')).toBe('no-referrer');
    expect(back.headers.get('Set-Cookie')).toMatch(
      new RegExp(`^appflux-access-${site.id}=[^;]+; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax$`),
    );
    expect(await (await browser.open(siteOf(site, '/docs/'))).text()).toBe('the site');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    expect((await browser.open(siteOf(site))).status).toBe(302);
  });

  test('signs in to the pages and files on the dashboard’s host', async () => {
    const { id } = await givenDeployment(site, { 'app.apk': 'x' });
    const browser = new Browser();
    const file = `/dl/${id}/app.apk`;
    const url = await atDashboard(await browser.open(env.PUBLIC_URL + file), owner);
    const back = await browser.open(url);
    expect(back.headers.get('Location')).toBe(file);
    expect((await browser.open(env.PUBLIC_URL + file)).status).toBe(200);
    const page = await browser.open(`${env.PUBLIC_URL}/a/${site.slug}`);
    expect(page.status).toBe(200);
    expect(page.headers.get('Cache-Control')).toMatch(/^private\b/);
    // That cookie is good on the dashboard's host only.
    expect((await browser.open(siteOf(site))).status).toBe(302);
  });

  test('can sign in to several tabs at the same time', async () => {
    const browser = new Browser();
    const first = await browser.open(siteOf(site, '/one'));
    const second = await browser.open(siteOf(site, '/two'));
    for (const [answer, path] of [
      [first, '/one'],
      [second, '/two'],
    ] as const)
      expect((await browser.open(await atDashboard(answer, owner))).headers.get('Location')).toBe(path);
  });
});

describe('a code', () => {
  const codeUrl = async (browser: Browser) => atDashboard(await browser.open(siteOf(site)), owner);
  const isRefused = async (answer: Response) => {
    expect(answer.status).toBe(400);
    expect(answer.headers.get('Set-Cookie')).toBeNull();
    expect(await answer.text()).toContain('Couldn’t sign you in');
  };

  test('is good once', async () => {
    const browser = new Browser();
    const url = await codeUrl(browser);
    expect((await browser.open(url)).status).toBe(303);
    await isRefused(await browser.open(url));
  });

  test('is good for a minute', async () => {
    const browser = new Browser();
    const url = await codeUrl(browser);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    await isRefused(await browser.open(url));
  });

  test('is good in the browser that began the sign-in, and in no other one', async () => {
    const url = await codeUrl(new Browser());
    await isRefused(await new Browser().open(url));
    const victim = new Browser();
    await victim.open(siteOf(site));
    await isRefused(await victim.open(await codeUrl(new Browser())));
  });

  test('is good on its own host', async () => {
    const other = await givenApp({ ownerId: owner.user.id, access: site.access, passwordHash: HASH });
    const browser = new Browser();
    await browser.open(siteOf(other));
    const url = await codeUrl(browser);
    await isRefused(await browser.open(url.replace(site.slug, other.slug)));
  });

  test('that is made up is refused', async () => {
    const browser = new Browser();
    await browser.open(siteOf(site));
    for (const code of ['', 'afv_x', 'x'.repeat(5000)])
      await isRefused(await browser.open(siteOf(site, `/.appflux/access?code=${code}`)));
  });

  test('is not needed where the access is public by now', async () => {
    const browser = new Browser();
    const url = await codeUrl(browser);
    await metadataOf(env).apps.update(site.id, { access: { production: 'public', previews: 'public' } });
    forgetSite(site.id);
    const answer = await browser.open(url.replace(/to=[^&]*/, 'to=/x'));
    expect([answer.status, answer.headers.get('Location')]).toEqual([303, '/x']);
  });
});

describe('POST /api/site-access', () => {
  const state = 's'.repeat(43);
  const host = () => `${site.slug}.${SITES}`;

  test('is for members of the team, and tells nobody else what there is', async () => {
    const forStranger = await ask({ host: host(), state }, stranger);
    const forNothing = await ask({ host: `nobody.${SITES}`, state }, stranger);
    expect([forStranger.status, forNothing.status]).toEqual([404, 404]);
    expect(await forStranger.json()).toEqual(await forNothing.json());
    expect((await ask({ page: site.slug, state }, stranger)).status).toBe(404);
    expect((await ask({ page: 'nobody', state }, owner)).status).toBe(404);
  });

  test('is for people', async () => {
    const json = { host: host(), state };
    const operator = { method: 'POST', json, token: env.OPERATOR_SECRET };
    expect((await request('/api/site-access', operator)).status).toBe(401);
    expect((await request('/api/site-access', { method: 'POST', json })).status).toBe(401);
  });

  test.each([
    { host: 'x' },
    { state },
    { host: 'x', page: 'x', state },
    { host: 'x', state: 'short' },
    { host: 'x', state: `${'s'.repeat(42)}\n` },
    { page: '../x', state },
    { host: 'x', state, more: 1 },
  ])('%j is refused', async (json) => {
    expect((await ask(json, owner)).status).toBe(400);
  });

  test.each([
    'localhost:1',
    'evil.example',
    'shop.sites.localhost.evil.example',
    'user@host',
    '//evil.example',
  ])('no other host gets a code: %s', async (other) => {
    expect((await ask({ host: other, state }, owner)).status).toBe(404);
  });

  test('a code goes to the port and the scheme of the instance, whatever is asked for', async () => {
    const asked = { host: `${site.slug.toUpperCase()}.${SITES.replace(/:.*/, '')}:9`, state, to: '//evil' };
    const { url } = SiteOpening.parse(await (await ask(asked, owner)).json());
    expect(new URL(url).origin).toBe(siteOf(site, ''));
    expect(new URL(url).searchParams.get('to')).toBe('/');
  });
});

test.each([
  ['/', '/'],
  ['/docs/?a=b', '/docs/?a=b'],
  ['/a//b', '/a//b'],
  ['/%2F/evil.example', '/%2F/evil.example'],
  [null, '/'],
  ['', '/'],
  ['docs', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/a\\b', '/'],
  ['/\t/evil.example', '/'],
  ['/\r\nSet-Cookie: a=b', '/'],
  ['/./\u0000', '/'],
  ['/.//evil.example', '/'],
  ['/x/..//evil.example', '/'],
  ['https://evil.example/', '/'],
  ['javascript:alert(1)', '/'],
  ['/.appflux/access', '/'],
  ['/x/../.appflux/password', '/'],
  [`/${'a'.repeat(2000)}`, '/'],
])('a visitor who wanted %s goes to %s', (asked, expected) => {
  expect(returnPath(asked)).toBe(expected);
});

describe('the password', () => {
  let app: AppRecord;
  beforeEach(async () => {
    const access = { production: 'password', previews: 'team' } as const;
    app = await givenApp({ ownerId: owner.user.id, access, passwordHash: HASH });
  });

  const form = (to = '/docs/') => siteOf(app, `/.appflux/password?to=${encodeURIComponent(to)}`);
  const enter = (browser: Browser, password: string, more: HeadersInit = {}) =>
    browser.open(form(), {
      method: 'POST',
      body: new URLSearchParams({ password }).toString(),
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...more },
    });

  test('opens the site for a day, and the form needs no script', async () => {
    const browser = new Browser();
    const asked = await browser.open(siteOf(app, '/docs/'));
    expect(asked.headers.get('Location')).toBe('/.appflux/password?to=%2Fdocs%2F');
    const page = await browser.open(form());
    expect(page.status).toBe(200);
    expect(page.headers.get('Cache-Control')).toBe('no-store');
    const policy = page.headers.get('Content-Security-Policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    const text = await page.text();
    expect(text).toContain('<form method="post" action="/.appflux/password?to=%2Fdocs%2F">');
    expect(text).not.toContain('<script');
    const entered = await enter(browser, PASSWORD);
    expect([entered.status, entered.headers.get('Location')]).toEqual([303, '/docs/']);
    expect(entered.headers.get('Set-Cookie')).toContain('Max-Age=86400; HttpOnly; SameSite=Lax');
    expect(await (await browser.open(siteOf(app, '/docs/'))).text()).toBe('the site');
    await metadataOf(env).apps.update(app.id, { passwordHash: hashPassword('another one') });
    forgetSite(app.id);
    expect((await browser.open(siteOf(app, '/docs/'))).status).toBe(302);
  });

  test('works for files on the dashboard’s host', async () => {
    const { id } = await givenDeployment(app, { 'app.apk': 'x' });
    const browser = new Browser();
    const file = `${env.PUBLIC_URL}/dl/${id}/app.apk`;
    const location = (await browser.open(file)).headers.get('Location') ?? '';
    expect(location).toMatch(`/.appflux/password?page=${app.slug}&to=`);
    const body = new URLSearchParams({ password: PASSWORD }).toString();
    const entered = await browser.open(env.PUBLIC_URL + location, { method: 'POST', body });
    expect(entered.headers.get('Location')).toBe(`/dl/${id}/app.apk`);
    expect((await browser.open(file)).status).toBe(200);
  });

  test.each(['', 'wrong', `${PASSWORD} `, 'x'.repeat(5000)])(
    'that is wrong opens nothing: %j',
    async (text) => {
      const browser = new Browser();
      const answer = await enter(browser, text);
      expect([400, 401]).toContain(answer.status);
      expect(answer.headers.get('Set-Cookie')).toBeNull();
      expect(await answer.text()).toContain('role="alert"');
      expect((await browser.open(siteOf(app))).status).toBe(302);
    },
  );

  test('can’t be guessed without waiting, and a right one is not tried then either', async () => {
    const browser = new Browser();
    const visitor = { 'CF-Connecting-IP': '203.0.113.7' };
    const statuses: number[] = [];
    const weak = '$scrypt$ln=1,r=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$'.concat('A'.repeat(43));
    await metadataOf(env).apps.update(app.id, { passwordHash: weak });
    forgetSite(app.id);
    for (let n = 0; n < 11; n += 1) statuses.push((await enter(browser, `guess ${n}`, visitor)).status);
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429]);
    const refused = await enter(browser, PASSWORD, visitor);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect((await enter(browser, 'guess', { 'CF-Connecting-IP': '203.0.113.8' })).status).toBe(401);
  });

  test('is not taken from a form of another site', async () => {
    const answer = await enter(new Browser(), PASSWORD, { 'Sec-Fetch-Site': 'cross-site' });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('Set-Cookie')).toBeNull();
  });

  test('is not asked for where it opens nothing', async () => {
    const browser = new Browser();
    const answer = await browser.open(siteOf(site, '/.appflux/password?to=/x'));
    expect([answer.status, answer.headers.get('Location')]).toEqual([303, '/x']);
  });
});

test('a member can open a site with a password without it', async () => {
  const app = await givenApp({
    ownerId: owner.user.id,
    access: { production: 'password', previews: 'password' },
    passwordHash: HASH,
  });
  const browser = new Browser();
  const start = await browser.open(siteOf(app, '/.appflux/access?to=/docs/'));
  const back = await browser.open(await atDashboard(start, owner));
  expect(back.headers.get('Location')).toBe('/docs/');
  expect(await (await browser.open(siteOf(app, '/docs/'))).text()).toBe('the site');
});

test('a private site is served to who may open it, and kept by no shared cache', async () => {
  const app = await newApp({ access: { production: 'team', previews: 'team' }, ownerId: owner.user.id });
  await publish(app, { 'index.html': '<h1>Ours</h1>', 'a-DiwrgTda.js': 'x' });
  const get = (path: string, Cookie: string) =>
    exports.default.fetch(new Request(siteOf(app, path), { redirect: 'manual', headers: { Cookie } }));
  const { host } = new URL(siteOf(app));
  const facts = { host: host.replace(/:.*/, ''), app: app.id, kind: 'team', subject: owner.user.id } as const;
  const cookie = (await accessCookie(env, facts, Date.now())).split(';')[0] ?? '';
  for (const path of ['/', '/a-DiwrgTda.js']) {
    const served = await get(path, cookie);
    expect(served.status).toBe(200);
    expect(served.headers.get('Cache-Control')).toMatch(/^private\b(?!.*(?:public|s-maxage))/);
    expect((await get(path, 'a=b')).status).toBe(401);
  }
});

test('on https, no other host can set the cookies, and nobody can read them', async () => {
  const https = { ...env, PUBLIC_URL: 'https://flux.example.com' };
  const facts = { host: 'a.example', app: site.id, kind: 'team', subject: site.ownerId } as const;
  const attributes = 'Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure';
  expect(await accessCookie(https, facts, Date.now())).toMatch(
    new RegExp(`^__Host-appflux-access-${site.id}=[^;]+; ${attributes}$`),
  );
});

test('other paths of ours on a site’s host are none of this', async () => {
  const open = await givenApp();
  const found = await resolveSite(`${open.slug}.${SITES}`, { env });
  if (typeof found === 'string') throw new Error(found);
  for (const path of ['/.appflux/', '/.appflux/other', '/.appflux/access/x'])
    expect(await admit(new Request(siteOf(open, path)), found, env)).toBeNull();
  expect((await request('/.appflux/access?page=nobody')).status).toBe(404);
  expect((await request('/.appflux/other?page=x')).status).toBe(404);
});
