/** The signed provenance of deployments, from a runner's delivery to a verified envelope. */
import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { verifyEnvelope } from '@appflux/client';
import type { DsseEnvelope, ErrorBody, ProvenanceKeys } from '@appflux/protocol';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { givenQueued } from '../deployment/testing/queued.ts';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { tokenRecord } from '../metadata/testing/sample-records.ts';
import { hashToken, makeToken } from '../secrets/tokens.ts';
import { connectAttempt, deliver, givenRunner, leaseOf } from '../testing/attempt.ts';
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
