/** The signed provenance of deployments, from a runner's delivery to a verified envelope. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { verifyEnvelope } from '@appflux/client';
import {
  type DsseEnvelope,
  type ErrorBody,
  MAX_SBOM_BYTES,
  type ProvenanceKeys,
  SBOM_MEDIA_TYPE,
  SBOM_UPLOAD_TYPE,
} from '@appflux/protocol';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { givenQueued } from '../deployment/testing/queued.ts';
import { metadataOf } from '../metadata/index.ts';
import { contentOf } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { tokenRecord } from '../metadata/testing/sample-records.ts';
import { RING_NAME } from '../provenance/keys.ts';
import { removeParts } from '../retention/testing/remove.ts';
import { createSealer } from '../secrets/sealing.ts';
import { hashToken, makeToken, sha256Hex } from '../secrets/tokens.ts';
import { objectsOf } from '../storage/index.ts';
import { type Connected, connectAttempt, deliver, givenRunner, leaseOf } from '../testing/attempt.ts';
import { forgetAll, request } from '../testing/worker.ts';

beforeAll(forgetAll);

/** A token of a team with these scopes. */
async function tokenOf(ownerId: string, scopes: ('deployments:read' | 'apps:read')[]): Promise<string> {
  const token = makeToken('api');
  await metadataOf(env).tokens.insert(tokenRecord({ ownerId, scopes, hash: await hashToken(token) }));
  return token;
}

/** A deployment whose runner has delivered these files; ended by `end`. */
async function delivered(files: readonly string[], end: object = { status: 'success', artifacts: files }) {
  const spec = await givenQueued();
  const runner = await givenRunner(spec.ownerId);
  const connected = await connectAttempt(await leaseOf(spec.id, runner), runner.credential);
  for (const name of files) await deliver(connected, name, `bytes of ${name}`);
  connected.send({ type: 'finish', result: end });
  await connected.closed;
  const { record, seq } = (await env.DEPLOYMENTS.getByName(spec.id).snapshot()) ?? {};
  if (record === undefined) throw new Error('it was just created');
  await metadataOf(env).deployments.project(record, seq ?? 1);
  return {
    id: spec.id,
    token: await tokenOf(spec.ownerId, ['deployments:read']),
    artifacts: record.artifacts,
  };
}

const attestation = (id: string, token?: string) =>
  request(`/api/deployments/${id}/attestation`, token === undefined ? {} : { token });
const keys = async () => (await request('/.well-known/appflux/keys.json')).json<ProvenanceKeys>();
const rotate = (body: object = {}) =>
  request('/api/ops/provenance/rotate', { method: 'POST', token: env.OPERATOR_SECRET, json: body });
const codeOf = async (response: Response) => (await response.json<ErrorBody>()).error.code;

test('before the first signature there are no keys', async () => {
  expect(await keys()).toEqual({ keys: [] });
});

test('a successful deployment has provenance about each of its files, signed by a published key', async () => {
  const { id, token, artifacts } = await delivered(['app.apk', 'notes.txt']);
  const response = await attestation(id, token);
  expect(response.status).toBe(200);
  const envelope = await response.json<DsseEnvelope>();
  const published = await keys();
  for (const { name, sha256 } of artifacts) {
    expect(await verifyEnvelope(envelope, published, { sha256 })).toMatchObject({ subjects: [name] });
  }
  // A library that knows nothing of us takes the set for a JWK set.
  const jwks = createLocalJWKSet(published as unknown as JSONWebKeySet);
  const keyid = envelope.signatures[0]?.keyid ?? '';
  expect(await jwks({ alg: 'ES256', kid: keyid })).toMatchObject({ algorithm: { name: 'ECDSA' } });
});

test('it is signed once: asked again, at the same time or after a rotation, the answer is the same', async () => {
  const { id, token } = await delivered(['app.apk']);
  const bodies = await Promise.all(
    Array.from({ length: 3 }, async () => (await attestation(id, token)).text()),
  );
  expect((await rotate()).status).toBe(200);
  const after = await (await attestation(id, token)).text();
  expect(new Set([...bodies, after]).size).toBe(1);
  const { keyId } = await verifyEnvelope(JSON.parse(after), await keys());
  expect((await keys()).keys[0]?.kid).not.toBe(keyId);
});

test('a deployment that a revoked key has signed is signed again; one of another key is not', async () => {
  const kept = await delivered(['kept.apk']);
  const before = await (await attestation(kept.id, kept.token)).text();
  await rotate();
  const { id, token } = await delivered(['app.apk']);
  const first = await (await attestation(id, token)).json<DsseEnvelope>();
  const revoke = first.signatures[0]?.keyid ?? '';
  const rotated = await (await rotate({ revoke })).json<ProvenanceKeys>();
  await expect(verifyEnvelope(first, rotated)).rejects.toMatchObject({ code: 'revoked_key' });
  const second = await (await attestation(id, token)).json<DsseEnvelope>();
  expect((await verifyEnvelope(second, rotated)).keyId).toBe(rotated.keys[0]?.kid);
  expect(second.payload).toBe(first.payload);
  expect(await (await attestation(id, token)).json()).toEqual(second);
  expect(await (await attestation(kept.id, kept.token)).text()).toBe(before);
});

test('nobody is asked to sign what nobody asks for: a deployment keeps no statement until then', async () => {
  const { id, token } = await delivered(['app.apk']);
  const tables = () =>
    runInDurableObject(env.DEPLOYMENTS.getByName(id), (_, { storage: { sql } }) =>
      sql.exec("SELECT name FROM sqlite_master WHERE name = 'attestation'").toArray(),
    );
  expect(await tables()).toEqual([]);
  await attestation(id, token);
  expect(await tables()).toHaveLength(1);
});

test('without a success there is none', async () => {
  const failure = { code: 'build_failed', message: 'no', phase: 'building', hint: 'none' };
  const { id, token } = await delivered([], { status: 'failed', failure });
  const response = await attestation(id, token);
  expect([response.status, await codeOf(response)]).toEqual([409, 'not_successful']);
});

test('a deployment of version 0.1.0, whose digests nobody checked, has none', async () => {
  const { id, token } = await delivered(['app.apk']);
  const object = env.DEPLOYMENTS.getByName(id);
  // The last change of its state: none comes after it that would write the state again.
  await expect.poll(async () => (await object.snapshot())?.record.logKey).toEqual(expect.any(String));
  await runInDurableObject(object, (_, { storage: { sql } }) => {
    sql.exec("UPDATE state SET body = json_remove(body, '$.artifacts[0].etag')");
  });
  await evictDurableObject(object);
  const response = await attestation(id, token);
  expect([response.status, await codeOf(response)]).toEqual([404, 'not_found']);
});

test('another team, a token without the scope, and nobody get none', async () => {
  const { id, token } = await delivered(['app.apk']);
  const stranger = await tokenOf(crypto.randomUUID(), ['deployments:read']);
  const narrow = await tokenOf((await metadataOf(env).deployments.byId(id))?.ownerId ?? '', ['apps:read']);
  const statuses = [];
  for (const caller of [stranger, narrow, undefined, token]) {
    statuses.push((await attestation(id, caller)).status);
  }
  expect(statuses).toEqual([404, 403, 401, 200]);
  expect((await attestation(newObjectId(), token)).status).toBe(404);
});

test('keys that SEALING_KEY doesn’t open are reported as such, and nothing takes their place', async () => {
  const signed = await delivered(['app.apk']);
  expect((await attestation(signed.id, signed.token)).status).toBe(200);
  const { id, token } = await delivered(['app.apk']);
  const { secrets } = metadataOf(env);
  const sealed = (await secrets.get(RING_NAME)) ?? '';
  const foreign = createSealer({ ...env, SEALING_KEY: 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=' });
  const other = await foreign.seal('{}', RING_NAME);
  await secrets.reseal(RING_NAME, sealed, other);
  for (const answer of [await attestation(id, token), await request('/.well-known/appflux/keys.json')]) {
    expect(answer.status).toBe(503);
    expect((await answer.json<ErrorBody>()).error).toMatchObject({
      code: 'unavailable',
      hint: expect.stringContaining('SEALING_KEY'),
    });
  }
  expect(await secrets.get(RING_NAME)).toBe(other);
  await secrets.reseal(RING_NAME, other, sealed);
  expect((await attestation(id, token)).status).toBe(200);
});

test('only the operator rotates keys', async () => {
  const { token } = await delivered(['app.apk']);
  const json = {};
  const path = '/api/ops/provenance/rotate';
  expect((await request(path, { method: 'POST', json, token })).status).toBe(401);
  expect(await codeOf(await rotate({ revoke: 'another' }))).toBe('not_found');
  expect((await rotate({ revoke: 1 })).status).toBe(400);
  expect((await rotate({ other: true })).status).toBe(400);
});

test('each id of a statement leads to what it means', async () => {
  const { id, token } = await delivered(['app.apk']);
  const envelope = await (await attestation(id, token)).json<DsseEnvelope>();
  const { statement } = await verifyEnvelope(envelope, await keys());
  const { buildDefinition, runDetails } = statement.predicate;
  for (const address of [buildDefinition.buildType, runDetails.builder.id]) {
    const { pathname } = new URL(address);
    const answer = await request(pathname);
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([
      200,
      expect.stringMatching(/^text\/plain;/),
    ]);
  }
  expect((await request('/.well-known/appflux/builders/another')).status).toBe(404);
});

describe('the bill of materials', () => {
  const SBOM_OF_TEST = { bomFormat: 'CycloneDX', specVersion: '1.6', components: [] };

  const gzipOf = async (value: object) =>
    new Uint8Array(
      await new Response(
        new Blob([JSON.stringify(value)]).stream().pipeThrough(new CompressionStream('gzip')),
      ).arrayBuffer(),
    );

  /** Announces an SBOM and PUTs these bytes. Returns its frames. */
  async function announced(connected: Connected, bytes: Uint8Array<ArrayBuffer>, announcedBytes = bytes) {
    const file = {
      name: 'sbom.cdx.json.gz',
      size: announcedBytes.length,
      sha256: await sha256Hex(announcedBytes),
      contentType: SBOM_UPLOAD_TYPE,
      meta: {},
    };
    connected.send({ type: 'upload', request: 'sbom', ...file });
    const [part] = (await connected.next('upload_granted')).parts ?? [];
    const put = await fetch(part?.url ?? '', { method: 'PUT', body: bytes });
    const parts = [{ partNumber: 1, etag: put.headers.get('etag') ?? 'none' }];
    connected.send({ type: 'uploaded', request: 'sbom', name: file.name, parts });
    return { file, url: part?.url ?? '' };
  }

  /** A deployment whose runner has delivered an artifact, and what `more` does. */
  async function withSbom(more: (connected: Connected) => Promise<unknown>) {
    const spec = await givenQueued();
    const runner = await givenRunner(spec.ownerId);
    const connected = await connectAttempt(await leaseOf(spec.id, runner), runner.credential);
    await deliver(connected, 'app.apk', 'the bytes');
    await more(connected);
    connected.send({ type: 'finish', result: { status: 'success', artifacts: ['app.apk'] } });
    await connected.closed;
    const { record, seq } = (await env.DEPLOYMENTS.getByName(spec.id).snapshot()) ?? {};
    if (record === undefined) throw new Error('it was just created');
    await metadataOf(env).deployments.project(record, seq ?? 1);
    return { record, token: await tokenOf(spec.ownerId, ['deployments:read']) };
  }

  const sbom = (id: string, token: string, headers: HeadersInit = {}) =>
    request(`/api/deployments/${id}/sbom`, { token, headers });

  test('is answered as CycloneDX, compressed for those who take that, and is no artifact', async () => {
    const bytes = await gzipOf(SBOM_OF_TEST);
    const { record, token } = await withSbom(async (connected) => {
      await announced(connected, bytes);
      await connected.next('upload_done');
    });
    expect(record.artifacts.map(({ name }) => name)).toEqual(['app.apk']);
    const answer = await sbom(record.id, token);
    expect([answer.status, answer.headers.get('Content-Type')]).toEqual([200, SBOM_MEDIA_TYPE]);
    expect(await answer.json()).toEqual(SBOM_OF_TEST);
    const packed = await sbom(record.id, token, { 'Accept-Encoding': 'gzip' });
    expect(packed.headers.get('Content-Encoding')).toBe('gzip');
    const deployment = await (await request(`/api/deployments/${record.id}`, { token })).json();
    expect(deployment).toMatchObject({
      urls: {
        sbom: `${env.PUBLIC_URL}/api/deployments/${record.id}/sbom`,
        attestation: `${env.PUBLIC_URL}/api/deployments/${record.id}/attestation`,
      },
    });
    expect(JSON.stringify(deployment)).not.toContain(record.sbom?.key);
    // Its digest is in the statement, as what the runner says.
    const envelope = await (await attestation(record.id, token)).json<DsseEnvelope>();
    expect(atob(envelope.payload)).toContain(await sha256Hex(bytes));
  });

  test('is one object in storage, below the deployment’s prefix, and goes with its artifacts', async () => {
    const { record, token } = await withSbom(async (connected) => {
      await announced(connected, await gzipOf(SBOM_OF_TEST));
      await connected.next('upload_done');
    });
    const prefix = `apps/${record.appId}/${record.id}/`;
    const { keys } = await objectsOf(env).list(`${prefix}1/`);
    expect(keys.filter((key) => key.includes('sbom'))).toEqual([record.sbom?.key]);
    const parts = { env, metadata: metadataOf(env), objects: objectsOf(env) };
    // A release keeps its artifacts.
    await parts.metadata.apps.update(record.appId, { release: null });
    const kept = await parts.metadata.deployments.byId(record.id);
    if (kept === null) throw new Error('it was just projected');
    expect(await removeParts(contentOf(kept), ['artifacts'], parts, new Date().toISOString())).toEqual([
      'artifacts',
    ]);
    expect((await objectsOf(env).list(`${prefix}1/`)).keys).toEqual([]);
    const answer = await sbom(record.id, token);
    expect([answer.status, await codeOf(answer)]).toEqual([410, 'artifacts_removed']);
    // What it was is stated still.
    expect((await attestation(record.id, token)).status).toBe(200);
  });

  test('without one the answer says so', async () => {
    const { record, token } = await withSbom(async () => undefined);
    const answer = await sbom(record.id, token);
    expect(answer.status).toBe(404);
    expect((await answer.json<ErrorBody>()).error.message).toContain('no lockfile');
    const stranger = await tokenOf(crypto.randomUUID(), ['deployments:read']);
    expect((await sbom(record.id, stranger)).status).toBe(404);
    expect((await request(`/api/deployments/${record.id}/sbom`)).status).toBe(401);
    expect((await sbom('x', token)).status).toBe(400);
  });

  test('bytes that were changed after their delivery are not answered', async () => {
    const bytes = await gzipOf(SBOM_OF_TEST);
    const { record, token } = await withSbom(async (connected) => {
      const { url } = await announced(connected, bytes);
      await connected.next('upload_done');
      await fetch(url, { method: 'PUT', body: new Uint8Array(bytes.length).fill(65) });
    });
    const answer = await sbom(record.id, token);
    expect([answer.status, await codeOf(answer)]).toEqual([500, 'artifact_damaged']);
  });

  test('an upload that never came, or is too large, is refused, and the deployment succeeds', async () => {
    const { record } = await withSbom(async (connected) => {
      await announced(connected, new Uint8Array(0), await gzipOf(SBOM_OF_TEST));
      expect(await connected.next('upload_refused')).toMatchObject({ again: false });
      const large = { name: 'large.gz', size: MAX_SBOM_BYTES + 1, sha256: '0'.repeat(64), meta: {} };
      connected.send({ type: 'upload', request: 'large', ...large, contentType: SBOM_UPLOAD_TYPE });
      await connected.next('upload_refused');
    });
    expect(record).toMatchObject({ status: 'success', sbom: null });
  });

  test('announced again, only the last one is kept', async () => {
    const { record, token } = await withSbom(async (connected) => {
      for (const version of [1, 2]) {
        await announced(connected, await gzipOf({ ...SBOM_OF_TEST, version }));
        await connected.next('upload_done');
      }
    });
    expect(await (await sbom(record.id, token)).json()).toMatchObject({ version: 2 });
    const { keys } = await objectsOf(env).list(`apps/${record.appId}/${record.id}/1/.sbom/`);
    expect(keys).toEqual([record.sbom?.key]);
  });

  test('that of a failed deployment is removed', async () => {
    const spec = await givenQueued();
    const runner = await givenRunner(spec.ownerId);
    const connected = await connectAttempt(await leaseOf(spec.id, runner), runner.credential);
    await announced(connected, await gzipOf(SBOM_OF_TEST));
    await connected.next('upload_done');
    const left = async () => (await objectsOf(env).list(`apps/${spec.app.id}/${spec.id}/1/`)).keys;
    expect(await left()).toHaveLength(1);
    const failure = { code: 'build_failed', message: 'no', phase: 'building', hint: 'none' };
    connected.send({ type: 'finish', result: { status: 'failed', failure } });
    await connected.closed;
    await expect.poll(left).toEqual([]);
  });
});
