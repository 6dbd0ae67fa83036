/** A deployment that has ended leaves its object, and everything that could be asked of it still gets its answer. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { gzipSync } from 'node:zlib';
import { CLOSE, type DsseEnvelope, LOGS_SUBPROTOCOL } from '@appflux/protocol';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { tokenRecord } from '../metadata/testing/sample-records.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { hashToken, makeToken } from '../secrets/tokens.ts';
import { objectsOf } from '../storage/index.ts';
import { artifactKey, endedDeploymentKey } from '../storage/keys.ts';
import { connectAttempt, deliver, givenRunner, leaseOf } from '../testing/attempt.ts';
import { forgetAll, request } from '../testing/worker.ts';
import { EMPTIES_AFTER_MS } from './ended.ts';
import type { DeploymentObject } from './object.ts';
import { givenQueued } from './testing/queued.ts';
import { sampleSpec } from './testing/sample-spec.ts';

const objects = objectsOf(env);

beforeEach(forgetAll);
afterEach(() => {
  vi.restoreAllMocks();
});

type Stub = DurableObjectStub<DeploymentObject>;

const EMPTY = { tables: [], values: [], alarm: null };
const PULL_REQUEST = { number: 7, title: 'A change', url: 'https://git.example/pull/7', fork: false };

/** What the object keeps. Looking at it doesn't open a table. */
const kept = (stub: Stub) =>
  runInDurableObject(stub, async (_, { storage }) => ({
    tables: storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\'")
      .toArray()
      .map(({ name }) => name),
    values: [...(await storage.list()).keys()],
    alarm: await storage.getAlarm(),
  }));

/** A deployment that has delivered one file, and whose success metadata knows. */
async function succeeded() {
  const spec = await givenQueued();
  const runner = await givenRunner(spec.ownerId);
  const lease = await leaseOf(spec.id, runner);
  const attempt = await connectAttempt(lease, runner.credential);
  attempt.send({
    type: 'lines',
    lines: [{ seq: 1, at: new Date().toISOString(), stream: 'stdout', phase: 'building', text: 'built' }],
  });
  await deliver(attempt, 'site.zip', 'bytes');
  attempt.send({ type: 'finish', result: { status: 'success', artifacts: ['site.zip'] } });
  await attempt.closed;
  const stub = env.DEPLOYMENTS.getByName(spec.id);
  await isSettled(stub);
  return { spec, stub, runner, lease };
}

/** Waits until nothing of it is pending. */
async function isSettled(stub: Stub): Promise<void> {
  await expect.poll(async () => (await stub.snapshot())?.record.logKey ?? null).not.toBeNull();
  await expect.poll(() => stub.unconfirmed()).toBeNull();
  await expect
    .poll(() =>
      runInDurableObject(stub, (_, { storage }) => storage.sql.exec('SELECT * FROM timers').toArray()),
    )
    .toEqual([]);
}

/** The alarm rings that was set when it ended. */
async function ring(stub: Stub): Promise<void> {
  const later = Date.now() + EMPTIES_AFTER_MS + 1_000;
  const clock = vi.spyOn(Date, 'now').mockReturnValue(later);
  await runDurableObjectAlarm(stub);
  clock.mockRestore();
}

/** The same deployment, after its object has emptied itself. */
async function emptied() {
  const given = await succeeded();
  const before = await given.stub.snapshot();
  await ring(given.stub);
  expect(await kept(given.stub)).toEqual(EMPTY);
  return { ...given, before };
}

test('it empties itself with the alarm that its end has set, and not while anything is pending', async () => {
  const { spec, stub } = await succeeded();
  const { alarm, tables } = await kept(stub);
  expect(tables).toContain('state');
  expect(alarm).toBeLessThanOrEqual(Date.now() + EMPTIES_AFTER_MS);
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    sql.exec("INSERT INTO timers VALUES ('withdraw', ?, 0)", Date.now() + 60_000);
  });
  await ring(stub);
  expect((await kept(stub)).tables).toContain('state');
  expect(await objects.head(endedDeploymentKey(spec.id))).toBeNull();
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    sql.exec('DELETE FROM timers');
  });
  await ring(stub);
  expect(await kept(stub)).toEqual(EMPTY);
});

test('a deployment that goes on, or whose events nobody has confirmed, does not leave its object', async () => {
  const { id } = await givenQueued();
  const stub = env.DEPLOYMENTS.getByName(id);
  await ring(stub);
  expect((await kept(stub)).tables).toContain('state');

  const ended = await succeeded();
  await runInDurableObject(ended.stub, (_, { storage: { sql } }) => {
    sql.exec('UPDATE state SET confirmed = seq - 1');
  });
  await evictDurableObject(ended.stub);
  vi.spyOn(console, 'error').mockReturnValue();
  await env.METADATA.exec('ALTER TABLE deployments RENAME TO out_of_order');
  await ring(ended.stub);
  await env.METADATA.exec('ALTER TABLE out_of_order RENAME TO deployments');
  expect((await kept(ended.stub)).tables).toContain('state');
});

describe('an object that is empty', () => {
  test('answers as it did before, also after it was evicted, and stays empty', async () => {
    const { spec, stub, before, runner, lease } = await emptied();
    for (const again of [false, true]) {
      if (again) await evictDurableObject(stub);
      expect(await stub.snapshot()).toEqual(before);
      expect(await stub.spec()).toEqual(spec);
      expect(await stub.unconfirmed()).toBeNull();
      expect(await stub.activity()).toBeNull();
      expect(await stub.logs(0, 10)).toBeNull();
      expect(await stub.ndjson()).toBeNull();
      expect(await stub.cancel('too late')).toEqual({ refused: 'already_ended', status: 'success' });
      expect(await stub.approve('too late')).toEqual({ refused: 'already_ended', status: 'success' });
      expect(await stub.claim({ id: runner.id, name: 'one' })).toEqual({ refused: 'unknown' });
      const sender = { id: runner.id, ownerId: spec.ownerId };
      expect(await stub.recover(sender, 1, { lines: [], complete: true })).toEqual({
        refused: 'already_ended',
      });
      expect(await stub.recover({ ...sender, ownerId: 'another' }, 1, { lines: [], complete: true })).toEqual(
        {
          refused: 'stale_attempt',
        },
      );
      await stub.confirm(99);
      await stub.offer();
      await stub.forgetLog();
      await stub.revoke(runner.id);
      await stub.restarted(runner.id, 1);
      expect(await stub.reseal()).toBe(0);
      const late = await connectAttempt(lease, runner.credential);
      expect(await late.closed).toMatchObject({ code: CLOSE.staleAttempt });
      const viewer = await stub.fetch('https://deployment/viewer?after=0', {
        headers: { Upgrade: 'websocket' },
      });
      expect(viewer.status).toBe(410);
      expect(await kept(stub)).toEqual(EMPTY);
    }
  });

  test('is not begun again by a call that was made long ago', async () => {
    const { spec, stub, before } = await emptied();
    const old = { ...spec, createdAt: Date.now() - 3_600_000 };
    expect(await stub.create(old)).toEqual(before);
    const deliverer = { id: 'token:1', name: 'someone' };
    expect(await stub.createPrebuilt(old, deliverer)).toEqual({ ...before, grant: null });
    expect(await kept(stub)).toEqual(EMPTY);
  });

  test('keeps its signed provenance, and signs without coming back when nobody has asked before', async () => {
    for (const asksBefore of [true, false]) {
      const { spec, stub } = await succeeded();
      const first = asksBefore ? await stub.attestation() : null;
      await ring(stub);
      const [one, other] = await Promise.all([stub.attestation(), stub.attestation()]);
      expect(one).toEqual(other);
      if (asksBefore) expect(one).toEqual(first);
      await evictDurableObject(stub);
      expect(await stub.attestation()).toEqual(one);
      const { envelope } = one as { envelope: DsseEnvelope };
      expect(Buffer.from(envelope.payload, 'base64').toString()).toContain(spec.id);
      expect(await kept(stub)).toEqual(EMPTY);
    }
  });

  test('comes back for a change, delivers it, and empties itself again', async () => {
    const { spec, stub, before } = await emptied();
    await stub.adopt(PULL_REQUEST);
    await expect.poll(() => stub.unconfirmed()).toBeNull();
    expect((await metadataOf(env).deployments.byId(spec.id))?.pullRequest).toEqual(PULL_REQUEST);
    await isSettled(stub);
    await ring(stub);
    expect(await kept(stub)).toEqual(EMPTY);
    await evictDurableObject(stub);
    const after = await stub.snapshot();
    expect(after).toEqual({
      record: { ...before?.record, pullRequest: PULL_REQUEST },
      seq: (before?.seq ?? 0) + 1,
    });
    await stub.adopt(PULL_REQUEST);
    expect(await stub.snapshot()).toEqual(after);
  });

  test('is removed with what its attempts have in storage', async () => {
    const { spec, stub } = await emptied();
    const artifact = artifactKey(spec.app.id, spec.id, 1, 'site.zip');
    expect(await objects.head(artifact)).not.toBeNull();
    expect(await stub.destroy()).toBe(true);
    expect(await objects.head(artifact)).toBeNull();
    expect(await objects.head(endedDeploymentKey(spec.id))).toBeNull();
    expect(await stub.snapshot()).toBeNull();
    // URLs of its uploads are good for an hour: what they put is removed after that.
    expect(await kept(stub)).toMatchObject({ tables: [], values: ['remains'] });
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 3_700_000);
    await runDurableObjectAlarm(stub);
    vi.restoreAllMocks();
    expect(await kept(stub)).toEqual(EMPTY);
    expect(await stub.destroy()).toBe(true);
    expect(await stub.attestation()).toBeNull();
    await stub.adopt(PULL_REQUEST);
    expect(await kept(stub)).toEqual(EMPTY);
  });

  test('that storage does not answer for says so, and is there when it does', async () => {
    const { spec, stub, before } = await emptied();
    await evictDurableObject(stub);
    vi.spyOn(console, 'error').mockReturnValue();
    vi.spyOn(globalThis, 'fetch').mockImplementation(async () => new Response(null, { status: 503 }));
    await expect(deploymentOf(env, spec.id).snapshot()).rejects.toThrow();
    expect(await stub.destroy()).toBe(false);
    vi.restoreAllMocks();
    expect(await stub.snapshot()).toEqual(before);
  });
});

describe('broken off', () => {
  test('before the file is in storage, the object keeps everything and tries again', async () => {
    const { stub } = await succeeded();
    const before = await stub.snapshot();
    vi.spyOn(console, 'error').mockReturnValue();
    const down = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation(async () => new Response(null, { status: 503 }));
    await ring(stub);
    expect(await stub.snapshot()).toEqual(before);
    const { tables, alarm } = await kept(stub);
    expect(tables).toContain('state');
    expect(alarm).toBeGreaterThan(Date.now());
    down.mockRestore();
    await ring(stub);
    expect(await kept(stub)).toEqual(EMPTY);
  });

  test('with the file in storage and the tables still there, the tables count', async () => {
    const { spec, stub } = await succeeded();
    const before = await stub.snapshot();
    await objects.put(endedDeploymentKey(spec.id), 'of an earlier try', 'application/gzip');
    expect(await stub.snapshot()).toEqual(before);
    await ring(stub);
    await evictDurableObject(stub);
    expect(await stub.snapshot()).toEqual(before);
    expect(await stub.destroy()).toBe(true);
    expect(await objects.head(endedDeploymentKey(spec.id))).toBeNull();
  });

  test('by a change while the file is on its way, which is neither lost nor delivered twice', async () => {
    const { spec, stub } = await succeeded();
    const before = await stub.snapshot();
    const real = globalThis.fetch;
    let changed: Promise<void> | undefined;
    await runInDurableObject(stub, (instance: DeploymentObject) => {
      vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
        const { url } = new Request(input, init);
        if (url.includes(endedDeploymentKey(spec.id))) changed ??= instance.adopt(PULL_REQUEST);
        return real(input, init);
      });
    });
    await ring(stub);
    await changed;
    vi.restoreAllMocks();
    await expect.poll(() => stub.unconfirmed()).toBeNull();
    await isSettled(stub);
    await ring(stub);
    expect(await kept(stub)).toEqual(EMPTY);
    await evictDurableObject(stub);
    expect(await stub.snapshot()).toEqual({
      record: { ...before?.record, pullRequest: PULL_REQUEST },
      seq: (before?.seq ?? 0) + 1,
    });
  });

  test('by the removal of its app, it leaves nothing', async () => {
    const { spec, stub } = await succeeded();
    const real = globalThis.fetch;
    let removed: Promise<boolean> | undefined;
    await runInDurableObject(stub, (instance: DeploymentObject) => {
      vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
        const { url, method } = new Request(input, init);
        if (method === 'PUT' && url.includes(endedDeploymentKey(spec.id))) removed ??= instance.destroy();
        return real(input, init);
      });
    });
    await ring(stub);
    expect(await removed).toBe(true);
    vi.restoreAllMocks();
    expect(await objects.head(endedDeploymentKey(spec.id))).toBeNull();
    expect((await kept(stub)).tables).toEqual([]);
    expect(await stub.snapshot()).toBeNull();
  });
});

test('an object of an earlier version, whose alarm is long gone, empties itself when it is next asked something', async () => {
  const { stub } = await succeeded();
  const before = await stub.snapshot();
  await runInDurableObject(stub, async (_, { storage }) => {
    await storage.deleteAlarm();
    const { body } = storage.sql.exec<{ body: string }>('SELECT body FROM state').one();
    const finishedAt = Date.now() - 90 * 24 * 3_600_000;
    storage.sql.exec('UPDATE state SET body = ?', JSON.stringify({ ...JSON.parse(body), finishedAt }));
  });
  await evictDurableObject(stub);
  expect((await stub.snapshot())?.seq).toBe(before?.seq);
  await expect.poll(async () => (await kept(stub)).tables).toEqual([]);
  expect((await stub.snapshot())?.seq).toBe(before?.seq);
});

test('a file of a later version is not misread', async () => {
  const { spec, stub } = await emptied();
  await evictDurableObject(stub);
  await objects.put(endedDeploymentKey(spec.id), gzipSync('{"format":2}'), 'application/gzip');
  await expect(deploymentOf(env, spec.id).snapshot()).rejects.toThrow('newer version of AppFlux');
});

test('one that was skipped leaves its object as well, and has an empty log', async () => {
  const given = await givenQueued();
  const app = { id: given.app.id, slug: given.app.slug, name: given.app.name };
  const skipped = { reason: 'The commit message asks for it' };
  const spec = {
    ...sampleSpec({ ownerId: given.ownerId, app, createdAt: Date.now(), skipped }),
    id: given.id.replace(/^./, 'f'),
  };
  const stub = env.DEPLOYMENTS.getByName(spec.id);
  await stub.create(spec);
  await expect.poll(() => stub.unconfirmed()).toBeNull();
  const token = makeToken('api');
  const scopes = ['deployments:read' as const];
  await metadataOf(env).tokens.insert(
    tokenRecord({ ownerId: given.ownerId, scopes, hash: await hashToken(token) }),
  );
  const path = `/api/deployments/${spec.id}/logs`;
  const answers = async () => {
    const live = await request(`${path}/live`, {
      token,
      headers: { Upgrade: 'websocket', 'Sec-WebSocket-Protocol': LOGS_SUBPROTOCOL },
    });
    live.webSocket?.accept();
    live.webSocket?.close();
    return [
      await (await request(path, { token })).json(),
      await (await request(`${path}.ndjson`, { token })).text(),
      live.status,
    ];
  };
  const before = await answers();
  expect(before).toEqual([{ items: [], lastSeq: 0, ended: true }, '', 101]);
  await ring(stub);
  expect(await kept(stub)).toEqual(EMPTY);
  expect(await answers()).toEqual(before);
});
