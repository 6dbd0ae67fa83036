/** Deployments of outputs that were built elsewhere: the caller of the API delivers them. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import {
  CLOSE,
  type CreatedDeployment,
  type Deployment,
  type ErrorBody,
  LEASE_MS,
  type LogPage,
  type PrebuiltGrant,
  ProvenanceStatement,
  SITE_PACK_TYPE,
} from '@appflux/protocol';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { appRecord, tokenRecord } from '../metadata/testing/sample-records.ts';
import { poolOf } from '../pools/team-pool.ts';
import { hashToken, makeToken } from '../secrets/tokens.ts';
import { makePack, sha256Hex } from '../sites/testing/pack.ts';
import { type Connected, connectAttempt, givenRunner } from '../testing/attempt.ts';
import { forgetAll, request } from '../testing/worker.ts';

beforeAll(forgetAll);

type Scopes = Parameters<typeof tokenRecord>[0] extends { scopes?: infer S } | undefined ? S : never;

async function givenToken(ownerId: string, scopes: Scopes = ['deployments:write']): Promise<string> {
  const token = makeToken('api');
  await metadataOf(env).tokens.insert(
    tokenRecord({ ownerId, scopes: scopes ?? [], name: 'ci', hash: await hashToken(token) }),
  );
  return token;
}

async function givenApp() {
  const app = appRecord();
  await metadataOf(env).apps.insert(app);
  return { app, token: await givenToken(app.ownerId) };
}

const ask = (slug: string, token: string, body: object = {}, headers: Record<string, string> = {}) =>
  request(`/api/apps/${slug}/deployments`, {
    method: 'POST',
    token,
    json: { prebuilt: true, ...body },
    headers,
  });

async function begun(
  slug: string,
  token: string,
  body: object = {},
): Promise<{ id: string; grant: PrebuiltGrant }> {
  const answer = await ask(slug, token, body);
  expect(answer.status).toBe(202);
  const { id, grant } = await answer.json<CreatedDeployment>();
  if (grant === undefined) throw new Error('no grant was given');
  return { id, grant };
}

const connect = ({ id, grant }: { id: string; grant: PrebuiltGrant }, token: string) =>
  connectAttempt({ deploymentId: id, attempt: grant.attempt, leaseToken: grant.leaseToken }, token);

async function deliverSite(connected: Connected): Promise<void> {
  const { bytes } = await makePack({ 'index.html': 'hello' });
  const name = 'site.zip';
  connected.send({
    type: 'upload',
    request: name,
    name,
    size: bytes.length,
    sha256: sha256Hex(bytes),
    contentType: SITE_PACK_TYPE,
    meta: { entry: 'index.html' },
  });
  const { parts: urls = [] } = await connected.next('upload_granted');
  const parts = [];
  for (const { partNumber, url } of urls) {
    const put = await fetch(url, { method: 'PUT', body: bytes });
    parts.push({ partNumber, etag: put.headers.get('etag') ?? '' });
  }
  connected.send({ type: 'uploaded', request: name, name, parts });
  await connected.next('upload_done');
  connected.send({ type: 'finish', result: { status: 'success', artifacts: [name] } });
  await connected.next('finished');
}

const deploymentOf = async (id: string, token: string) =>
  (await request(`/api/deployments/${id}`, { token })).json<Deployment>();

describe('a prebuilt output', () => {
  test('is delivered by the caller, without a runner, and published', async () => {
    const { app, token } = await givenApp();
    const { id, grant } = await begun(app.slug, token, { branch: 'main', commit: 'c'.repeat(40) });
    expect(await poolOf(env, app.ownerId).depth()).toBe(0);
    const connected = await connect({ id, grant }, token);
    await connected.next('welcome');
    await deliverSite(connected);
    expect(await deploymentOf(id, token)).toMatchObject({
      status: 'success',
      prebuilt: true,
      runner: null,
      attempt: 1,
      branch: 'main',
      commitHash: 'c'.repeat(40),
      site: { kind: 'static', files: 1 },
    });
    const log = await (await request(`/api/deployments/${id}/logs`, { token })).json<LogPage>();
    expect(log.items[0]).toMatchObject({
      stream: 'system',
      text: expect.stringContaining('delivered by ci'),
    });
  });

  test('has provenance that names no builder and no source of ours', async () => {
    const { app, token } = await givenApp();
    const made = await begun(app.slug, token, { commit: 'c'.repeat(40) });
    const connected = await connect(made, token);
    await deliverSite(connected);
    const answer = await request(`/api/deployments/${made.id}/attestation`, { token });
    const { payload } = await answer.json<{ payload: string }>();
    const statement = ProvenanceStatement.parse(JSON.parse(atob(payload)));
    expect(statement.predicate).toMatchObject({
      buildDefinition: {
        buildType: expect.stringMatching(/\/build-types\/prebuilt\/v1$/),
        resolvedDependencies: [],
      },
      runDetails: { builder: { id: expect.stringMatching(/\/builders\/prebuilt$/) } },
    });
    const { buildType } = statement.predicate.buildDefinition;
    for (const url of [buildType, statement.predicate.runDetails.builder.id])
      expect((await request(new URL(url).pathname)).status).toBe(200);
  });

  test('can’t be built again', async () => {
    const { app, token } = await givenApp();
    const { id } = await begun(app.slug, token);
    const answer = await request(`/api/deployments/${id}/redeploy`, { method: 'POST', token, json: {} });
    expect(answer.status).toBe(422);
    expect((await answer.json<ErrorBody>()).error.message).toContain('built elsewhere');
  });

  test('whose deliverer never comes fails when the lease is over, and is offered to no runner', async () => {
    const { app, token } = await givenApp();
    const { id } = await begun(app.slug, token);
    const stub = env.DEPLOYMENTS.getByName(id);
    await stub.offer();
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + LEASE_MS + 1_000);
    await runDurableObjectAlarm(stub);
    vi.restoreAllMocks();
    expect(await deploymentOf(id, token)).toMatchObject({
      status: 'failed',
      attempt: 1,
      failure: { code: 'upload_failed', hint: expect.stringContaining('Deploy the output again') },
    });
    expect(await poolOf(env, app.ownerId).depth()).toBe(0);
  });

  test('is canceled from elsewhere: its deliverer is notified', async () => {
    const { app, token } = await givenApp();
    const made = await begun(app.slug, token);
    const connected = await connect(made, token);
    await connected.next('welcome');
    await request(`/api/deployments/${made.id}/cancel`, { method: 'POST', token, json: {} });
    await connected.next('cancel');
    connected.send({ type: 'finish', result: { status: 'canceled' } });
    await connected.next('finished');
    expect(await deploymentOf(made.id, token)).toMatchObject({ status: 'canceled' });
  });
});

describe('the lease', () => {
  test('is given again for the same Idempotency-Key, and to nobody else', async () => {
    const { app, token } = await givenApp();
    const key = { 'Idempotency-Key': 'one' };
    const first = await (await ask(app.slug, token, {}, key)).json<CreatedDeployment>();
    const again = await (await ask(app.slug, token, {}, key)).json<CreatedDeployment>();
    expect(again).toMatchObject({ id: first.id, grant: first.grant });
    const colleague = await givenToken(app.ownerId);
    const theirs = await (await ask(app.slug, colleague, {}, key)).json<CreatedDeployment>();
    expect(theirs).toMatchObject({ id: first.id });
    expect(theirs.grant).toBeUndefined();
  });

  test('is of no use to another caller of the team, to a runner, or to another team', async () => {
    const { app, token } = await givenApp();
    const made = await begun(app.slug, token);
    const others = [
      await givenToken(app.ownerId),
      (await givenRunner(app.ownerId)).credential,
      await givenToken(crypto.randomUUID()),
    ];
    for (const other of others) {
      const { closed } = await connect(made, other);
      expect((await closed).code).toBe(CLOSE.staleAttempt);
    }
    await (await connect(made, token)).next('welcome');
  });

  test('of a runner is not opened by a token of the API', async () => {
    const { app, token } = await givenApp();
    const made = await begun(app.slug, token);
    const wrong = { ...made, grant: { ...made.grant, leaseToken: 'afl_guessed' } };
    expect((await (await connect(wrong, token)).closed).code).toBe(CLOSE.staleAttempt);
  });

  test('needs a token that may deploy, to begin and to connect', async () => {
    const { app, token } = await givenApp();
    const reader = await givenToken(app.ownerId, ['deployments:read']);
    expect((await ask(app.slug, reader)).status).toBe(403);
    const made = await begun(app.slug, token);
    await expect(connect(made, reader)).rejects.toThrow('403');
    await expect(connect(made, 'afx_unknown')).rejects.toThrow('401');
  });
});

test('a prebuilt output has no source: an upload or a cleared cache is refused', async () => {
  const { app, token } = await givenApp();
  expect((await ask(app.slug, token, { uploadId: 'a'.repeat(24) })).status).toBe(422);
  expect((await ask(app.slug, token, { clearCache: true })).status).toBe(422);
  expect((await ask(app.slug, token, { prebuilt: false })).status).toBe(400);
});
