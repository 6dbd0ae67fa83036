/** The custom domains of apps. */
import { AddDomain, AppFluxError, Domain, DomainList, Slug } from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Env } from '../env.ts';
import { type ApiEnv, audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import type { DomainRecord } from '../metadata/domains.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { machineAddresses, recordsOf, removeDomain } from '../sites/domains/check.ts';
import { pauseAfter, renewed } from '../sites/domains/decide.ts';
import { readDomain } from '../sites/domains/host.ts';
import { domainsOf } from '../sites/domains/object.ts';
import { isApex } from '../sites/domains/records.ts';
import { dashboardHost, sitesDomain } from '../sites/hosts/domain.ts';
import { forgetSite } from '../sites/hosts/resolve.ts';
import { ownedApp } from './apps.ts';

/** How many domains an app can have, and a team. */
export const MAX_DOMAINS_OF_APP = 20;
export const MAX_DOMAINS_OF_TEAM = 200;

/** A check that is younger than this is not repeated: a page may ask again and again. In milliseconds. */
const CHECKED_RECENTLY_MS = 3_000;

const BySlug = z.object({ slug: Slug });
const ByHost = BySlug.extend({ host: z.string().min(1).max(255) });

export const domains = router();

const shared = { tags: ['domains'], security: bearer, middleware: needs('apps:write') };

domains.openapi(
  createRoute({
    ...shared,
    method: 'get',
    path: '/api/apps/{slug}/domains',
    summary: 'List an app’s domains, with the DNS records that they need',
    middleware: needs('apps:read'),
    request: { params: BySlug },
    responses: { 200: json(DomainList, 'The domains, by host'), ...refusals },
  }),
  async (c) => {
    const app = await appOf(c);
    const items = await c.get('metadata').domains.list(app.id);
    return c.json({ items: await toDomains(items, c.env) }, 200);
  },
);

domains.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: '/api/apps/{slug}/domains',
    summary: 'Add a domain to an app',
    description:
      'Create the records of the answer in its DNS. AppFlux looks for them by itself, for a week at most. `redirectTo` is another domain of the app, which visitors are redirected to.',
    request: { params: BySlug, body: jsonBody(AddDomain) },
    responses: { 201: json(Domain, 'The domain'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const app = await appOf(c);
    const { host, redirectTo } = c.req.valid('json');
    const own = { dashboard: dashboardHost(c.env), sites: sitesDomain(c.env) };
    const name = readDomain(host, own).host;
    const target = redirectTo === undefined ? null : readDomain(redirectTo, own).host;
    const others = await metadata.domains.list(app.id);
    requireTarget(name, target, others);
    if (others.some((domain) => domain.host === name))
      throw new AppFluxError('domain_taken', `${app.slug} has the domain ${name} already`);
    await requireRoom(c, app, others.length);
    const now = new Date().toISOString();
    const domain: DomainRecord = {
      host: name,
      appId: app.id,
      ownerId: app.ownerId,
      redirectTo: target,
      status: 'pending',
      error: null,
      hostnameId: null,
      hostnameRecords: [],
      pendingSince: now,
      checkedAt: null,
      nextCheckAt: new Date(Date.now() + pauseAfter(0)).toISOString(),
      createdAt: now,
    };
    if (!(await metadata.domains.insert(domain)))
      throw new AppFluxError('domain_taken', `${app.slug} has the domain ${name} already`);
    await domainsOf(c.env, app.id).watch();
    await audited(c, 'domain.add', { kind: 'app', id: app.id, name: `${app.slug}: ${name}` });
    return c.json(await toDomain(domain, c.env), 201);
  },
);

domains.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: '/api/apps/{slug}/domains/{host}/verify',
    summary: 'Check a domain’s DNS records now',
    description: 'Also begins again with a domain that had failed.',
    request: { params: ByHost },
    responses: { 200: json(Domain, 'The domain'), ...refusals },
  }),
  async (c) => {
    const { app, domain } = await domainOf(c);
    const { domains: store } = c.get('metadata');
    const isRecent =
      domain.checkedAt !== null && Date.now() - Date.parse(domain.checkedAt) < CHECKED_RECENTLY_MS;
    if (isRecent && domain.status !== 'failed') return c.json(await toDomain(domain, c.env), 200);
    if (domain.status === 'failed') await store.update(app.id, domain.host, renewed(Date.now()));
    const checked = await domainsOf(c.env, app.id).check(domain.host);
    if (checked === null) throw noDomain(app.slug, domain.host);
    forgetSite(app.id);
    if (checked.status === 'active' && domain.status !== 'active')
      await audited(c, 'domain.verify', { kind: 'app', id: app.id, name: `${app.slug}: ${domain.host}` });
    return c.json(await toDomain(checked, c.env), 200);
  },
);

domains.openapi(
  createRoute({
    ...shared,
    method: 'delete',
    path: '/api/apps/{slug}/domains/{host}',
    summary: 'Remove a domain from an app',
    description: 'Domains that redirect to it serve the site themselves from then on.',
    request: { params: ByHost },
    responses: { 204: { description: 'Removed' }, ...refusals },
  }),
  async (c) => {
    const { app, domain } = await domainOf(c);
    const metadata = c.get('metadata');
    for (const { host, redirectTo } of await metadata.domains.list(app.id))
      if (redirectTo === domain.host) await metadata.domains.update(app.id, host, { redirectTo: null });
    if (!(await removeDomain(domain, { env: c.env, metadata }))) throw noDomain(app.slug, domain.host);
    await audited(c, 'domain.remove', { kind: 'app', id: app.id, name: `${app.slug}: ${domain.host}` });
    return c.body(null, 204);
  },
);

/** The app of the path, which has to be the caller's. */
const appOf = (c: Context<ApiEnv>): Promise<AppRecord> =>
  ownedApp(c.get('metadata'), c.get('caller').ownerId, c.req.param('slug') ?? '');

async function domainOf(c: Context<ApiEnv>): Promise<{ app: AppRecord; domain: DomainRecord }> {
  const app = await appOf(c);
  const host = (c.req.param('host') ?? '').toLowerCase();
  const domain = await c.get('metadata').domains.one(app.id, host);
  if (domain === null) throw noDomain(app.slug, host);
  return { app, domain };
}

const noDomain = (slug: string, host: string) =>
  new AppFluxError('not_found', `${slug} has no domain ${host}`);

/** A redirect leads to a domain of the same app that serves the site itself: so no redirects form a loop. */
function requireTarget(host: string, target: string | null, others: readonly DomainRecord[]): void {
  if (target === null) return;
  const found = others.find((domain) => domain.host === target);
  if (target !== host && found?.redirectTo === null) return;
  throw new AppFluxError('invalid_domain', `Visitors can’t be redirected to ${target}`, {
    hint: 'Choose another domain of the same app that doesn’t redirect itself. Add that one first.',
  });
}

async function requireRoom(c: Context<ApiEnv>, app: AppRecord, ofApp: number): Promise<void> {
  const ofTeam = await c.get('metadata').domains.count(app.ownerId);
  if (ofApp < MAX_DOMAINS_OF_APP && ofTeam < MAX_DOMAINS_OF_TEAM) return;
  throw new AppFluxError(
    'too_many_domains',
    `An app can have ${MAX_DOMAINS_OF_APP} domains, and a team ${MAX_DOMAINS_OF_TEAM}`,
    { hint: 'Remove a domain that isn’t used any more.' },
  );
}

async function toDomain(record: DomainRecord, env: Env): Promise<Domain> {
  const [domain] = await toDomains([record], env);
  if (domain === undefined) throw new Error('one record is one domain');
  return domain;
}

async function toDomains(records: readonly DomainRecord[], env: Env): Promise<Domain[]> {
  // The machine looks names up for it, which takes time: only records of registered domains need its addresses.
  const addresses = records.some(({ host }) => isApex(host)) ? await machineAddresses(env) : [];
  return records.map((record) => {
    const { host, status, redirectTo, error, checkedAt, nextCheckAt, createdAt } = record;
    const needed = recordsOf(record, env, addresses);
    return { host, status, redirectTo, records: needed, error, checkedAt, nextCheckAt, createdAt };
  });
}
