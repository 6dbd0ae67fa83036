import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { createSealer, variableLabel } from '../secrets/sealing.ts';
import { deploymentLabel } from '../sites/hosts/labels.ts';
import { forgetSite } from '../sites/hosts/resolve.ts';
import { newApp } from '../sites/serve/testing/publish.ts';
import { ask, hostOf, visit } from './testing/ask.ts';
import { publishServer } from './testing/publish-server.ts';

const metadata = metadataOf(env);

/** A server that says its name and its environment, and can be made to wait. */
const named = (name: string) => `
let isOpen = false;
export default { async fetch(request, env) {
  const { pathname } = new URL(request.url);
  if (pathname === '/env') return Response.json(Object.fromEntries(Object.entries(env).filter(([, value]) => typeof value !== 'object')));
  if (pathname === '/bindings') return Response.json(Object.keys(env).sort());
  if (pathname === '/process') return Response.json({ A: process.env.A ?? null });
  while (pathname === '/wait' && !isOpen) await scheduler.wait(5);
  if (pathname === '/open') isOpen = true;
  return new Response('<p>${name}', { headers: { 'Content-Type': 'text/html', 'Cache-Control': 'public, max-age=60' } });
} };`;

const hostOfDeployment = (app: AppRecord, { id }: { id: string }) =>
  `${deploymentLabel(id, app.slug)}.sites.localhost:8787`;

async function setVariable(
  app: AppRecord,
  name: string,
  value: string,
  environments = ['production', 'preview'],
) {
  const sealed = await createSealer(env).seal(value, variableLabel(app.id, name));
  await metadata.apps.setVariable(app.id, name, {
    sealed,
    environments: environments as ('production' | 'preview')[],
  });
  forgetSite(app.id);
}

const envOf = async (host: string) => (await ask(host, '/env')).json<Record<string, unknown>>();

describe('a release', () => {
  test('answers from then on, and requests that are in flight end in the code that they began with', async () => {
    const app = await newApp();
    const one = await publishServer(app, { 'worker.js': named('one') });
    expect(await (await visit(app, '/')).text()).toBe('<p>one');
    const waiting = visit(app, '/wait');
    const two = await publishServer(app, { 'worker.js': named('two') });
    expect(await (await visit(app, '/')).text()).toBe('<p>two');
    await ask(hostOfDeployment(app, one), '/open');
    expect(await (await waiting).text()).toBe('<p>one');
    // And back.
    await metadata.apps.release(app.id, {
      deploymentId: one.id,
      at: new Date().toISOString(),
      detectedType: null,
    });
    forgetSite(app.id);
    expect(await (await visit(app, '/')).text()).toBe('<p>one');
    expect(await (await ask(hostOfDeployment(app, two), '/')).text()).toBe('<p>two');
  });

  test('of a server gives open pages the files of the build before', async () => {
    const app = await newApp();
    await publishServer(app, { 'worker.js': named('one') }, { 'assets/app-DiwrgTda.js': 'one' });
    await publishServer(app, { 'worker.js': named('two') }, { 'assets/app-CkZq81Ws.js': 'two' });
    expect(await (await visit(app, '/assets/app-DiwrgTda.js')).text()).toBe('one');
    expect(await (await visit(app, '/assets/app-CkZq81Ws.js')).text()).toBe('two');
    expect(await (await visit(app, '/assets/app-AAAAAAAA.js')).text()).toBe('<p>two');
    // Its pages say which release they are of; other answers don't.
    const page = await visit(app, '/', { 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate' });
    expect(page.headers.getSetCookie().join()).toContain('appflux_release=');
    expect((await visit(app, '/env')).headers.getSetCookie()).toEqual([]);
  });

  test('may go from files to a server and back', async () => {
    const app = await newApp();
    await publishServer(app, { 'worker.js': named('server') });
    expect(await (await visit(app, '/')).text()).toBe('<p>server');
    const { publish } = await import('../sites/serve/testing/publish.ts');
    await publish(app, { 'index.html': 'static' });
    expect(await (await visit(app, '/')).text()).toBe('static');
    expect((await ask(hostOf(app), '/', { method: 'POST' })).status).toBe(405);
  });
});

describe('a preview', () => {
  test('runs its own code, is not listed by search engines, and is kept by nobody else if it is private', async () => {
    const app = await newApp({ access: { production: 'public', previews: 'password' }, passwordHash: 'x' });
    await publishServer(app, { 'worker.js': named('release') });
    const preview = await publishServer(
      app,
      { 'worker.js': named('preview') },
      {},
      { environment: 'preview' },
    );
    expect((await ask(hostOfDeployment(app, preview), '/')).status).toBe(401);
    expect((await visit(app, '/')).headers.get('Cache-Control')).toBe('public, max-age=60');
    await metadata.apps.update(app.id, { access: { production: 'public', previews: 'public' } });
    forgetSite(app.id);
    const response = await ask(hostOfDeployment(app, preview), '/');
    expect(await response.text()).toBe('<p>preview');
    expect(response.headers.get('X-Robots-Tag')).toBe('noindex');
    expect((await visit(app, '/')).headers.get('X-Robots-Tag')).toBeNull();
  });
});

describe('the environment of a server', () => {
  test('has the variables of its environment, and those of a fork none', async () => {
    const app = await newApp();
    await setVariable(app, 'A', 'both');
    await setVariable(app, 'P', 'production', ['production']);
    await setVariable(app, 'V', 'preview', ['preview']);
    const spec = { vars: { A: 'of the project', OWN: { nested: [1] } } };
    const members = { commitHash: 'c'.repeat(40), spec };
    const release = await publishServer(app, { 'worker.js': named('one') }, {}, members);
    const preview = { environment: 'preview' as const, ...members };
    const own = await publishServer(app, { 'worker.js': named('one') }, {}, preview);
    const fork = await publishServer(
      app,
      { 'worker.js': named('one') },
      {},
      { ...preview, isUntrusted: true },
    );
    expect(await envOf(hostOf(app))).toEqual({
      A: 'both',
      P: 'production',
      APPFLUX_URL: `http://${hostOf(app)}`,
      APPFLUX_ENVIRONMENT: 'production',
      APPFLUX_DEPLOYMENT_ID: release.id,
      APPFLUX_COMMIT: 'c'.repeat(40),
    });
    expect(await envOf(hostOfDeployment(app, own))).toMatchObject({
      A: 'both',
      V: 'preview',
      APPFLUX_URL: `http://${hostOfDeployment(app, own)}`,
      APPFLUX_ENVIRONMENT: 'preview',
    });
    const ofFork = await envOf(hostOfDeployment(app, fork));
    expect(Object.keys(ofFork).filter((name) => !name.startsWith('APPFLUX_'))).toEqual(['A']);
    expect(ofFork.A).toBe('of the project');
    const bindings = await (await visit(app, '/bindings')).json<string[]>();
    expect(bindings.filter((name) => !name.startsWith('APPFLUX_'))).toEqual([
      'A',
      'ASSETS',
      'OWN',
      'P',
      'WORKER_SELF_REFERENCE',
    ]);
  });

  test('changes with its variables, without a deployment', async () => {
    const app = await newApp();
    await publishServer(app, { 'worker.js': named('one') });
    const A = async () => (await (await visit(app, '/process')).json<{ A: string | null }>()).A;
    expect(await A()).toBeNull();
    await setVariable(app, 'A', 'first');
    expect(await A()).toBe('first');
    await setVariable(app, 'A', 'second');
    expect(await A()).toBe('second');
    await metadata.apps.deleteVariable(app.id, 'A');
    forgetSite(app.id);
    expect(await A()).toBeNull();
  });

  test('has nothing else: what a variable can’t replace', async () => {
    const app = await newApp();
    await setVariable(app, 'ASSETS', 'mine');
    await setVariable(app, 'WORKER_SELF_REFERENCE', 'mine');
    await publishServer(app, { 'worker.js': named('one') });
    const found = await envOf(hostOf(app));
    expect([found.ASSETS, found.WORKER_SELF_REFERENCE]).toEqual([undefined, undefined]);
  });
});
