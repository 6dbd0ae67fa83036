import { env } from 'cloudflare:workers';
import { BuildSettings } from '@appflux/protocol';
import { beforeEach, expect, test } from 'vitest';
import { sampleSpec } from '../deployment/testing/sample-spec.ts';
import { resealFrom } from '../key-rotation/reseal.ts';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord, byId, deploymentRecord, hookRecord } from '../metadata/testing/sample-records.ts';
import { createSealer, fileLabel, hookLabel, variableLabel } from '../secrets/sealing.ts';
import { forgetAll, request } from '../testing/worker.ts';

const OLD_KEY = 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=';
const old = createSealer({ ...env, SEALING_KEY: OLD_KEY });
const current = createSealer(env);

beforeEach(forgetAll);

/** One round over all apps, as the command makes it; what is sealed with OLD_KEY opens meanwhile. */
async function round(): Promise<number> {
  let after: string | null = null;
  let total = 0;
  do {
    const response = await request('/api/ops/reseal', {
      method: 'POST',
      token: env.OPERATOR_SECRET,
      json: { after },
    });
    expect(response.status).toBe(200);
    const { resealed, next } = await response.json<{ resealed: number; next: string | null }>();
    total += resealed;
    after = next;
  } while (after !== null);
  return total;
}

/** Sets the key before for the Worker under test; gives what takes it away again. */
function withPrevious(key: string): Disposable {
  env.SEALING_KEY_PREVIOUS = key;
  return {
    [Symbol.dispose]() {
      delete env.SEALING_KEY_PREVIOUS;
    },
  };
}

test('everything sealed with the previous key is resealed once, and then opens without it', async () => {
  using _ = withPrevious(OLD_KEY);
  const metadata = metadataOf(env);
  const apps = Array.from({ length: 27 }, () => appRecord());
  for (const app of apps) {
    await metadata.apps.insert(app);
    const sealed = await old.seal(`value of ${app.id}`, variableLabel(app.id, 'A'));
    await metadata.apps.setVariable(app.id, 'A', { sealed, environments: ['production'] });
  }
  const [first] = apps as [(typeof apps)[0]];
  const recent = await current.seal('recent', variableLabel(first.id, 'B'));
  await metadata.apps.setVariable(first.id, 'B', { sealed: recent, environments: ['production'] });
  const file = await old.seal('file', fileLabel(first.id, 'KEYSTORE'));
  await metadata.files.set(first.id, 'KEYSTORE', { size: 4, environments: ['preview'], sealed: file });
  await metadata.secrets.keep('issuer:signing-key', await old.seal('key', 'issuer:signing-key'));
  await metadata.secrets.keep('bootstrapped', '2026-11-01T12:00:00.000Z');

  expect(await round()).toBe(29);
  expect(await round()).toBe(0);

  for (const app of apps) {
    const kept = (await metadata.apps.byId(app.id))?.envVars.A;
    expect(kept?.environments).toEqual(['production']);
    expect(await current.open(kept?.sealed ?? '', variableLabel(app.id, 'A'))).toBe(`value of ${app.id}`);
  }
  expect((await metadata.apps.byId(first.id))?.envVars.B?.sealed).toBe(recent);
  const sealedFile = (await metadata.files.sealed(first.id)).KEYSTORE?.sealed ?? '';
  expect(await current.open(sealedFile, fileLabel(first.id, 'KEYSTORE'))).toBe('file');
  expect(
    await current.open((await metadata.secrets.get('issuer:signing-key')) ?? '', 'issuer:signing-key'),
  ).toBe('key');
  expect(await metadata.secrets.get('bootstrapped')).toBe('2026-11-01T12:00:00.000Z');
});

test('targets and secrets of hooks are resealed after the apps, and then open without the previous key', async () => {
  using _ = withPrevious(OLD_KEY);
  const { hooks } = metadataOf(env);
  const records = await Promise.all(
    Array.from({ length: 201 }, async () => {
      const record = hookRecord();
      const target = await old.seal('https://hooks.example/x', hookLabel(record.id, 'target'));
      return { ...record, target, secret: await old.seal('afw_x', hookLabel(record.id, 'secret')) };
    }),
  );
  const email = hookRecord({ kind: 'email', secret: null });
  const sealedNow = await current.seal('ada@example.com', hookLabel(email.id, 'target'));
  for (const record of [...records, { ...email, target: sealedNow }]) await hooks.insert(record);
  expect(await round()).toBe(402);
  expect(await round()).toBe(0);
  for (const { id } of records) {
    const kept = await hooks.byId(id);
    expect(await current.open(kept?.target ?? '', hookLabel(id, 'target'))).toBe('https://hooks.example/x');
    expect(await current.open(kept?.secret ?? '', hookLabel(id, 'secret'))).toBe('afw_x');
  }
  expect((await hooks.byId(email.id))?.target).toBe(sealedNow);
});

test('a queued deployment is resealed, too, and its variables open without the previous key when it is claimed', async () => {
  const metadata = metadataOf(env);
  const app = appRecord();
  await metadata.apps.insert(app);
  const variables = {
    A: { sealed: await old.seal('hello', variableLabel(app.id, 'A')), environments: ['production' as const] },
  };
  const record = deploymentRecord(app);
  const object = env.DEPLOYMENTS.getByName(record.id);
  await object.create(
    sampleSpec({
      id: record.id,
      ownerId: app.ownerId,
      app: { id: app.id, slug: app.slug, name: app.name },
      variables,
      createdAt: Date.now(),
    }),
  );
  await metadata.deployments.project(record, 1);
  {
    using _ = withPrevious(OLD_KEY);
    expect(await object.reseal()).toBe(1);
    expect(await round()).toBe(0);
  }
  const answer = await object.claim({ id: record.id, name: 'runner-1' });
  expect(answer).toMatchObject({ granted: { job: { variables: { A: 'hello' } } } });
});

test('of an app of which more wait than one call goes through, the next call goes on where it stopped', async () => {
  const metadata = metadataOf(env);
  const [app, other] = [appRecord(), appRecord()].sort(byId) as [AppRecord, AppRecord];
  for (const one of [app, other]) await metadata.apps.insert(one);
  const ids = Array.from({ length: 4 }, () => newObjectId()).sort();
  const sealed = await old.seal('hello', variableLabel(app.id, 'A'));
  for (const id of ids) {
    await metadata.deployments.project(deploymentRecord(app, { id }), 1);
    const { ownerId, slug, name } = app;
    const variables = { A: { sealed, environments: ['production' as const] } };
    // None takes the place of another.
    const build = BuildSettings.parse({ supersede: false });
    await env.DEPLOYMENTS.getByName(id).create(
      // One of a month ago would end: no runner has claimed it in a day.
      sampleSpec({ id, ownerId, app: { id: app.id, slug, name }, variables, build, createdAt: Date.now() }),
    );
  }
  using _ = withPrevious(OLD_KEY);
  // What an app takes, and two of its deployments.
  const call = (after: string | null) => resealFrom({ env, metadata }, after, 9);
  const next = `${app.id}.${ids[1]}`;
  expect(await call(null)).toEqual({ resealed: 2, next });
  expect(await call(next)).toEqual({ resealed: 2, next: `${app.id}.${ids[3]}` });
  expect(await call(`${app.id}.${ids[3]}`)).toEqual({ resealed: 0, next: null });
  await metadata.apps.delete(app.id);
  expect(await call(next)).toEqual({ resealed: 0, next: null });
  const asked = { method: 'POST', token: env.OPERATOR_SECRET } as const;
  expect((await request('/api/ops/reseal', { ...asked, json: { after: next } })).status).toBe(200);
  expect((await request('/api/ops/reseal', { ...asked, json: { after: `${next}.x` } })).status).toBe(400);
});

test('without the key before, what it has sealed is named and stays as it is', async () => {
  const metadata = metadataOf(env);
  const app = appRecord();
  await metadata.apps.insert(app);
  const sealed = await old.seal('x', variableLabel(app.id, 'A'));
  await metadata.apps.setVariable(app.id, 'A', { sealed, environments: ['production'] });
  const response = await request('/api/ops/reseal', { method: 'POST', token: env.OPERATOR_SECRET, json: {} });
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('another key') } });
  expect((await metadata.apps.byId(app.id))?.envVars.A?.sealed).toBe(sealed);
});
