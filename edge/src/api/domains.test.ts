/** Custom domains as their owner, and a visitor, find them. */
import { createExecutionContext, runDurableObjectAlarm, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Domain, ErrorBody } from '@appflux/protocol';
import { beforeEach, describe, expect, inject, test } from 'vitest';
import { API_TOKEN, ZONE } from '../../vitest.domains.ts';
import type { Env } from '../env.ts';
import worker from '../index.ts';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { checkDomain } from '../sites/domains/check.ts';
import { changeHostname, dnsAnswers, dnsHas, hostnameAt, nextCalls } from '../sites/domains/testing/dns.ts';
import { forgetSite } from '../sites/hosts/resolve.ts';
import { publish } from '../sites/serve/testing/publish.ts';
import { founder, type SignedIn } from '../testing/people.ts';
import { forgetAll, request, requestWith } from '../testing/worker.ts';
import { MAX_DOMAINS_OF_APP } from './domains.ts';

let owner: SignedIn;
let shop: AppRecord;

beforeEach(async () => {
  await forgetAll();
  await nextCalls();
  owner = await founder();
  shop = await createApp('shop');
});

async function createApp(name: string, { token }: SignedIn = owner): Promise<AppRecord> {
  const json = { name, source: { provider: 'upload' } };
  expect((await request('/api/apps', { method: 'POST', token, json })).status).toBe(201);
  const app = await metadataOf(env).apps.bySlug(name);
  if (app === null) throw new Error(`no app ${name}`);
  forgetSite(app.id);
  return app;
}

/** A host that no other test has. */
const newHost = (prefix = 'www.') => `${prefix}${crypto.randomUUID()}.example`;

const call = (method: string, path = '', json?: unknown, slug = 'shop', { token }: SignedIn = owner) =>
  request(`/api/apps/${slug}/domains${path}`, { method, token, ...(json === undefined ? {} : { json }) });

async function added(host: string, more: { redirectTo?: string; slug?: string } = {}): Promise<Domain> {
  const { slug = 'shop', ...rest } = more;
  const response = await call('POST', '', { host, ...rest }, slug);
  expect(response.status, await response.clone().text()).toBe(201);
  return response.json<Domain>();
}

const verified = async (host: string, slug = 'shop'): Promise<Domain> =>
  (await call('POST', `/${host}/verify`, undefined, slug)).json<Domain>();

/** Creates the first record that a domain asks for. */
async function createRecord({ records: [record] }: Domain): Promise<void> {
  if (record?.type !== 'TXT' && record?.type !== 'CNAME') throw new Error('no record');
  await dnsHas(record.name, record.type, record.type === 'TXT' ? `"${record.value}"` : `${record.value}.`);
}

async function active(host: string, more: { redirectTo?: string; slug?: string } = {}): Promise<Domain> {
  await createRecord(await added(host, more));
  const domain = await verified(host, more.slug);
  expect(domain).toMatchObject({ status: 'active', error: null });
  return domain;
}

async function visit(host: string, path = '/'): Promise<Response> {
  const context = createExecutionContext();
  const asked = new Request<unknown, IncomingRequestCfProperties>(`http://${host}${path}`, {
    redirect: 'manual',
  });
  const response = await worker.fetch(asked, env, context);
  await waitOnExecutionContext(context);
  return response;
}

const refusal = async (response: Response) => (await response.json<ErrorBody>()).error.code;

describe('a domain', () => {
  test('of a subdomain asks for one CNAME record, and serves the release once that is there', async () => {
    await publish(shop, { 'index.html': '<h1>shop</h1>' });
    const host = newHost();
    const domain = await added(host);
    expect(domain).toMatchObject({ host, status: 'pending', redirectTo: null, error: null });
    expect(domain.records).toEqual([
      { type: 'CNAME', name: host, value: expect.stringMatching(/^domain-[0-9a-f]{32}\.sites\.localhost$/) },
    ]);
    expect(await verified(host)).toMatchObject({ status: 'pending', error: /no such record/ });
    expect(await (await visit(host)).text()).not.toContain('<h1>shop</h1>');

    await createRecord(domain);
    await metadataOf(env).domains.update(shop.id, host, { checkedAt: null });
    expect(await verified(host)).toMatchObject({ status: 'active', error: null });
    const page = await visit(host.toUpperCase());
    expect(page.status).toBe(200);
    expect(await page.text()).toBe('<h1>shop</h1>');
    expect(await (await visit(`${host}.`)).text()).toBe('<h1>shop</h1>');
    // Nothing of the control plane is there.
    expect(await (await visit(host, '/api/health')).text()).not.toContain('metadata');
  });

  test('that is registered itself asks for a TXT record, which is enough for others, too', async () => {
    const apex = newHost('');
    const domain = await added(apex);
    expect(domain.records).toEqual([
      { type: 'TXT', name: `_appflux.${apex}`, value: expect.stringMatching(/^appflux=[0-9a-f]{32}$/) },
    ]);
    await dnsHas(`_appflux.${apex}`, 'TXT', '"v=spf1 -all"', `"${domain.records[0]?.value}"`);
    expect(await verified(apex)).toMatchObject({ status: 'active' });
  });

  test('is found by the alarm, without anyone asking', async () => {
    const host = newHost();
    const domain = await added(host);
    await createRecord(domain);
    await metadataOf(env).domains.update(shop.id, host, { nextCheckAt: new Date().toISOString() });
    expect(await runDurableObjectAlarm(env.DOMAINS.getByName(shop.id))).toBe(true);
    expect(await metadataOf(env).domains.one(shop.id, host)).toMatchObject({ status: 'active' });
  });

  test('redirects to another domain of its app, to the same page', async () => {
    await publish(shop, { 'index.html': 'home', 'a.html': 'a' });
    const apex = newHost('');
    await active(`www.${apex}`);
    await active(apex, { redirectTo: `www.${apex}` });
    const response = await visit(apex, '/a?x=1');
    expect(response.status).toBe(308);
    expect(response.headers.get('Location')).toBe(`http://www.${apex}/a?x=1`);
    // Without its target it serves the site itself.
    expect((await call('DELETE', `/www.${apex}`)).status).toBe(204);
    expect((await visit(apex)).status).toBe(200);
    expect((await call('GET')).status).toBe(200);
  });

  test('can only redirect to a domain of its app that serves the site', async () => {
    const other = await createApp('other');
    const target = newHost();
    await added(target, { slug: other.slug });
    const host = newHost();
    for (const redirectTo of [target, host, 'nowhere.example', 'javascript:alert(1)'])
      expect(await refusal(await call('POST', '', { host, redirectTo }))).toBe('invalid_domain');
  });

  test('stays active when its record vanishes, and says so', async () => {
    const host = newHost();
    await active(host);
    await dnsAnswers(host, 'CNAME', { json: { Status: 3 } });
    await metadataOf(env).domains.update(shop.id, host, { checkedAt: null });
    expect(await verified(host)).toMatchObject({ status: 'active', error: /is gone/ });
    await dnsAnswers(host, 'CNAME', { json: { Status: 2 } });
    await metadataOf(env).domains.update(shop.id, host, { checkedAt: null });
    expect(await verified(host)).toMatchObject({ status: 'active', error: /don’t answer/ });
  });

  test('is refused where it can’t be one, and twice', async () => {
    for (const host of [
      'localhost',
      '127.0.0.1',
      'shop.sites.localhost',
      'co.uk',
      '*.shop.example',
      'a b.example',
      `${'a'.repeat(64)}.example`,
    ])
      expect(await refusal(await call('POST', '', { host })), host).toBe('invalid_domain');
    const host = newHost();
    await added(host.toUpperCase());
    expect(await refusal(await call('POST', '', { host: `${host}.` }))).toBe('domain_taken');
  });

  test('is one of a limited number', async () => {
    for (let n = 0; n < MAX_DOMAINS_OF_APP; n += 1) await added(newHost());
    expect(await refusal(await call('POST', '', { host: newHost() }))).toBe('too_many_domains');
  });

  test('may have a certificate once it is active', async () => {
    const host = newHost();
    const certificate = async () => {
      forgetSite(shop.id);
      const asked = { method: 'POST', token: env.OPERATOR_SECRET, json: { host } };
      return (await request('/api/ops/certificates', asked)).status;
    };
    await added(host);
    expect(await certificate()).toBe(404);
    await createRecord((await (await call('GET')).json<{ items: Domain[] }>()).items[0] as Domain);
    await verified(host);
    expect(await certificate()).toBe(204);
    await call('DELETE', `/${host}`);
    expect(await certificate()).toBe(404);
  });
});

describe('another app', () => {
  test('that claims a host keeps nobody from it, and its record proves nothing for others', async () => {
    const squatter = await createApp('squatter');
    const host = newHost();
    const claim = await added(host, { slug: 'squatter' });
    await createRecord(await added(host));
    expect(await verified(host, 'squatter')).toMatchObject({ status: 'pending' });
    expect(await verified(host)).toMatchObject({ status: 'active' });
    expect(claim.records[0]?.value).not.toBe(
      (await added(newHost(), { slug: squatter.slug })).records[0]?.value,
    );
  });

  test('gets a host whose owner moved it there, and the first one learns of it', async () => {
    const host = newHost();
    await active(host);
    await createApp('other');
    await active(host, { slug: 'other' });
    const { items } = await (await call('GET')).json<{ items: Domain[] }>();
    expect(items).toMatchObject([{ host, status: 'failed', error: /Another app/ }]);
  });

  test('can’t take a host over by the name of an app that was deleted', async () => {
    const host = newHost();
    await active(host);
    expect((await request('/api/apps/shop', { method: 'DELETE', token: owner.token })).status).toBe(204);
    shop = await createApp('shop');
    await added(host);
    expect(await verified(host)).toMatchObject({ status: 'pending' });
  });

  test('of another team can’t be seen or changed', async () => {
    const stranger = await founder();
    const host = newHost();
    await added(host);
    for (const response of [
      await call('GET', '', undefined, 'shop', stranger),
      await call('POST', '', { host: newHost() }, 'shop', stranger),
      await call('POST', `/${host}/verify`, undefined, 'shop', stranger),
      await call('DELETE', `/${host}`, undefined, 'shop', stranger),
    ])
      expect(response.status).toBe(404);
  });
});

describe('where Cloudflare issues the certificates', () => {
  const zone: Partial<Env> = {
    CLOUDFLARE_ZONE_ID: ZONE,
    CLOUDFLARE_API_TOKEN: API_TOKEN,
    CLOUDFLARE_API_URL: '',
  };
  const parts = () => ({
    env: { ...env, ...zone, CLOUDFLARE_API_URL: inject('domains') } as Env,
    metadata: metadataOf(env),
    now: Date.now(),
  });

  async function check(host: string) {
    const domain = await metadataOf(env).domains.one(shop.id, host);
    if (domain === null) throw new Error('no domain');
    return checkDomain(domain, parts());
  }

  test('a claim without proof costs nothing there, and a proven one gets its certificate', async () => {
    const host = newHost();
    const domain = await added(host);
    expect(await check(host)).toMatchObject({ status: 'pending', hostnameId: null });
    expect(await hostnameAt(host)).toBeNull();
    await createRecord(domain);
    expect(await check(host)).toMatchObject({
      status: 'pending',
      hostnameRecords: [{ type: 'TXT', name: `_cf-custom-hostname.${host}` }],
    });
    await changeHostname(host, { status: 'active', ssl: { status: 'active' } });
    expect(await check(host)).toMatchObject({ status: 'active', hostnameRecords: [] });
  });

  test('an answer that is lost, and a limit, cost time only', async () => {
    const host = newHost();
    await createRecord(await added(host));
    await nextCalls('lost');
    expect(await check(host)).toMatchObject({ status: 'pending', error: /Cloudflare doesn’t answer/ });
    await nextCalls({ status: 429, headers: { 'Retry-After': '600' }, body: '{}' });
    const limited = await check(host);
    expect(Date.parse(limited?.nextCheckAt ?? '') - Date.now()).toBeGreaterThan(590_000);
    expect(await check(host)).toMatchObject({ hostnameId: (await hostnameAt(host))?.id });
  });

  test('a certificate goes with the last app that has its host', async () => {
    const host = newHost();
    await createRecord(await added(host));
    await check(host);
    await changeHostname(host, { status: 'active', ssl: { status: 'active' } });
    await check(host);
    const removed = await requestWith(
      { ...zone, CLOUDFLARE_API_URL: inject('domains') },
      `/api/apps/shop/domains/${host}`,
      { method: 'DELETE', token: owner.token },
    );
    expect(removed.status).toBe(204);
    expect(await hostnameAt(host)).toBeNull();
  });
});
