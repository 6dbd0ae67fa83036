/** State of sites through the real pair: the control plane, the server host, and a server that uses its bindings. */
import { env, exports } from 'cloudflare:workers';
import type { AuditEntry, Page, StateItem } from '@appflux/protocol';
import { beforeAll, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { deleteApp } from '../removal/delete-app.ts';
import { clearLeftovers } from '../retention/testing/remove.ts';
import { publishServer } from '../servers/testing/publish-server.ts';
import { deploymentLabel } from '../sites/hosts/labels.ts';
import { newApp } from '../sites/serve/testing/publish.ts';
import { objectsOf, presignerOf } from '../storage/index.ts';
import { founder, memberOf, type SignedIn } from '../testing/people.ts';
import { forgetAll, request } from '../testing/worker.ts';

const SERVER = `
import { env as imported } from 'cloudflare:workers';
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === '/same') return Response.json([env.CACHE === imported.CACHE, typeof imported.DB.prepare]);
    await env.DB.exec('CREATE TABLE IF NOT EXISTS visits (path TEXT)');
    await env.DB.prepare('INSERT INTO visits VALUES (?)').bind(pathname).run();
    const visits = await env.DB.prepare('SELECT count(*) AS n FROM visits').first('n');
    const before = await env.CACHE.get('last');
    await env.CACHE.put('last', pathname, { metadata: { n: visits } });
    return Response.json({ visits, before });
  },
};
`;
const SPEC = { bindings: { CACHE: 'kv', DB: 'sqlite' } } as const;

let owner: SignedIn;
beforeAll(async () => {
  await forgetAll();
  owner = await founder();
});

const appOf = () => newApp({ ownerId: owner.user.id });
const asked = async (host: string, path: string) =>
  (await exports.default.fetch(new Request(`http://${host}.sites.localhost:8787${path}`))).json();
const visit = ({ slug }: AppRecord, path: string) => asked(slug, path);
const call = (app: AppRecord, path = '', method = 'GET', token = owner.token) =>
  request(`/api/apps/${app.slug}/state${path}`, { method, token });
const items = async (app: AppRecord) =>
  (await (await call(app)).json<{ items: StateItem[] }>()).items.map(
    ({ environment, binding, kind, entries }) => `${environment} ${binding} ${kind} ${entries}`,
  );

test('a server keeps its state across deployments, by the names in its environment', async () => {
  const app = await appOf();
  await publishServer(app, { 'worker.js': SERVER }, {}, { spec: SPEC });
  expect(await visit(app, '/same')).toEqual([true, 'function']);
  expect(await visit(app, '/one')).toEqual({ visits: 1, before: null });
  await publishServer(app, { 'worker.js': `${SERVER}// the next release` }, {}, { spec: SPEC });
  expect(await visit(app, '/two')).toEqual({ visits: 2, before: '/one' });
  expect(await items(app)).toEqual(['production CACHE kv 1', 'production DB sqlite 1']);
});

test('previews and forks have state of their own', async () => {
  const app = await appOf();
  const deployed = { spec: SPEC, environment: 'preview' } as const;
  await publishServer(app, { 'worker.js': SERVER }, {}, { spec: SPEC });
  const preview = await publishServer(app, { 'worker.js': SERVER }, {}, deployed);
  const another = await publishServer(app, { 'worker.js': SERVER }, {}, deployed);
  const fork = await publishServer(app, { 'worker.js': SERVER }, {}, { ...deployed, isUntrusted: true });

  expect(await visit(app, '/production')).toEqual({ visits: 1, before: null });
  expect(await asked(deploymentLabel(preview.id, app.slug), '/preview')).toEqual({ visits: 1, before: null });
  expect(await asked(deploymentLabel(another.id, app.slug), '/another')).toEqual({
    visits: 2,
    before: '/preview',
  });
  expect(await asked(deploymentLabel(fork.id, app.slug), '/fork')).toEqual({ visits: 1, before: null });
  expect(await items(app)).toEqual([
    `fork-${fork.id} CACHE kv 1`,
    `fork-${fork.id} DB sqlite 1`,
    'preview CACHE kv 1',
    'preview DB sqlite 1',
    'production CACHE kv 1',
    'production DB sqlite 1',
  ]);

  const removed = { appId: app.id, artifactsRemovedAt: new Date().toISOString(), logRemovedAt: null };
  const parts = { env, metadata: metadataOf(env), objects: objectsOf(env) };
  for (const { id } of [preview, fork]) {
    const [content] = (await parts.metadata.deployments.withContent(app.id, { limit: 10 })).items.filter(
      (item) => item.id === id,
    );
    if (content === undefined) throw new Error(`${id} has nothing`);
    await clearLeftovers({ ...content, ...removed }, parts);
  }
  expect(await items(app)).toEqual([
    'preview CACHE kv 1',
    'preview DB sqlite 1',
    'production CACHE kv 1',
    'production DB sqlite 1',
  ]);
});

test('state is exported and deleted by admins, which the audit log has', async () => {
  const app = await appOf();
  await publishServer(app, { 'worker.js': SERVER }, {}, { spec: SPEC });
  await visit(app, '/one');
  const developer = await memberOf(owner.user.id, 'developer');
  const exported = await call(app, '/production/DB/export');
  expect(exported.headers.get('Content-Disposition')).toBe(
    `attachment; filename="${app.slug}-production-DB.sql"`,
  );
  expect(exported.headers.get('Content-Type')).toBe('application/sql');
  expect(await exported.text()).toContain(`INSERT INTO "visits"("path") VALUES('/one');`);
  const keys = await call(app, '/production/CACHE/export');
  expect(await keys.json()).toEqual({ key: 'last', value: '/one', metadata: { n: 1 } });
  for (const [path, method] of [
    ['/production/DB/export', 'GET'],
    ['/production/DB', 'DELETE'],
  ] as const) {
    expect((await call(app, path, method, developer.token)).status).toBe(403);
    expect((await call(app, path.replace('production', 'preview'), method)).status).toBe(404);
    expect((await call(app, path.replace('DB', 'a:b'), method)).status).toBeOneOf([400, 404]);
  }
  expect((await call(app, '/production/DB', 'DELETE')).status).toBe(204);
  expect(await items(app)).toEqual(['production CACHE kv 1']);
  expect(await visit(app, '/two')).toEqual({ visits: 1, before: '/one' });
  const audit = await (await request('/api/audit', { token: owner.token })).json<Page<AuditEntry>>();
  expect(audit.items.map(({ action, target }) => `${action} ${target?.name}`)).toEqual(
    expect.arrayContaining([
      `state.export ${app.slug}: production DB`,
      `state.delete ${app.slug}: production DB`,
    ]),
  );
});

test('another team finds nothing, whatever it asks for', async () => {
  const app = await appOf();
  await publishServer(app, { 'worker.js': SERVER }, {}, { spec: SPEC });
  await visit(app, '/one');
  const other = await founder();
  for (const [path, method] of [
    ['', 'GET'],
    ['/production/DB/export', 'GET'],
    ['/production/DB', 'DELETE'],
  ] as const) {
    expect((await call(app, path, method, other.token)).status).toBe(404);
  }
});

test('an App is deleted with its state', async () => {
  const app = await appOf();
  await publishServer(app, { 'worker.js': SERVER }, {}, { spec: SPEC });
  await visit(app, '/one');
  const metadata = metadataOf(env);
  await deleteApp(app, { env, metadata, objects: objectsOf(env), presigner: presignerOf(env) });
  const again = await env.SERVERS?.fetch(`http://servers/state/${app.id}`);
  expect(await again?.json()).toMatchObject({ items: [] });
});
