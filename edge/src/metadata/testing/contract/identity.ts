import { expect, test } from 'vitest';
import { IDEMPOTENCY_HOURS } from '../../metadata.ts';
import { newObjectId } from '../../object-id.ts';
import type { CreateBackend } from '../contract.ts';
import { anyHash, auditRecord, refreshTokenRecord, tokenRecord, userRecord } from '../sample-records.ts';

const NOW = '2026-11-10T12:00:00.000Z';
const AFTER = '2026-11-10T12:00:00.001Z';

export function identityContract(create: CreateBackend): void {
  test('it answers a ping', async () => {
    await (await create()).ping();
  });

  test('the owner is the first user, however many follow', async () => {
    const { users } = await create();
    expect(await users.owner()).toBeNull();
    const first = userRecord({ createdAt: AFTER });
    const second = userRecord({ createdAt: NOW });
    await users.insert(first);
    await users.insert(second);
    expect(await users.owner()).toEqual(first);
    expect(await users.byId(second.id)).toEqual(second);
    expect(await users.byId(crypto.randomUUID())).toBeNull();
  });

  test('of many that create the owner at the same time one does, and all get the same answer', async () => {
    const { users } = await create();
    const kept = await Promise.all(Array.from({ length: 5 }, () => users.keepOwner(userRecord())));
    expect(new Set(kept.map(({ id }) => id)).size).toBe(1);
    expect(await users.owner()).toEqual(kept[0]);
  });

  test('a refresh token is used once, however many try', async () => {
    const { sessions } = await create();
    const token = refreshTokenRecord();
    await sessions.insert(token);
    const uses = await Promise.all([1, 2, 3].map(() => sessions.use(token.hash, NOW)));
    expect(uses.filter(Boolean)).toHaveLength(1);
    expect(await sessions.byHash(token.hash)).toEqual({ ...token, usedAt: NOW });
    expect(await sessions.use(anyHash(), NOW)).toBe(false);
    expect(await sessions.byHash(anyHash())).toBeNull();
  });

  test('a session that was ended stays ended, whatever comes after', async () => {
    const { sessions } = await create();
    const first = refreshTokenRecord({ expiresAt: AFTER });
    const next = refreshTokenRecord({ sessionId: first.sessionId, userId: first.userId });
    await sessions.insert(first);
    expect(await sessions.isAlive(first.sessionId, NOW)).toBe(true);
    expect(await sessions.insertAfter(next, first.hash)).toBe(true);
    await sessions.endSession(first.sessionId);
    expect(await sessions.isAlive(first.sessionId, NOW)).toBe(false);
    expect(await sessions.insertAfter({ ...next, hash: anyHash() }, first.hash)).toBe(false);
    expect(await sessions.isAlive(first.sessionId, NOW)).toBe(false);
    expect(await sessions.byHash(first.hash)).toBeNull();
    expect(await sessions.byHash(next.hash)).toBeNull();
  });

  test('a session whose tokens have expired is not alive', async () => {
    const { sessions } = await create();
    const token = refreshTokenRecord({ expiresAt: NOW });
    await sessions.insert(token);
    expect(await sessions.isAlive(token.sessionId, NOW)).toBe(false);
  });

  test('all sessions of a user end, but for the one that is spared', async () => {
    const { sessions } = await create();
    const here = refreshTokenRecord();
    const elsewhere = refreshTokenRecord({ userId: here.userId });
    const theirs = refreshTokenRecord();
    for (const token of [here, elsewhere, theirs]) await sessions.insert(token);
    const alive = () =>
      Promise.all([here, elsewhere, theirs].map(({ sessionId }) => sessions.isAlive(sessionId, NOW)));
    await sessions.endSessionsOf(here.userId, here.sessionId);
    expect(await alive()).toEqual([true, false, true]);
    await sessions.endSessionsOf(here.userId, null);
    expect(await alive()).toEqual([false, false, true]);
  });

  test('of many secrets stored under one name the first stays, and all get it', async () => {
    const { secrets } = await create();
    expect(await secrets.get('key')).toBeNull();
    const kept = await Promise.all(['a', 'b', 'c'].map((sealed) => secrets.keep('key', sealed)));
    expect(new Set(kept).size).toBe(1);
    expect(await secrets.get('key')).toBe(kept[0]);
    expect(await secrets.keep('other', 'd')).toBe('d');
  });

  test('a secret is resealed only in place of its old value', async () => {
    const { secrets } = await create();
    await secrets.keep('a', 'one');
    await secrets.keep('b', 'two');
    expect(await secrets.reseal('a', 'two', 'three')).toBe(false);
    expect(await secrets.reseal('c', 'one', 'three')).toBe(false);
    expect(await secrets.reseal('a', 'one', 'three')).toBe(true);
    expect(await secrets.all()).toEqual({ a: 'three', b: 'two' });
  });

  test('an idempotency key stands for the deployment that claimed it first, for its owner', async () => {
    const { idempotency } = await create();
    const ownerId = crypto.randomUUID();
    const claim = () => ({ deploymentId: newObjectId(), fingerprint: anyHash(), createdAt: NOW });
    const first = claim();
    expect(await idempotency.claim(ownerId, 'key', first)).toMatchObject({
      deploymentId: first.deploymentId,
      fingerprint: first.fingerprint,
    });
    expect((await idempotency.claim(ownerId, 'key', claim())).deploymentId).toBe(first.deploymentId);
    const other = claim();
    expect((await idempotency.claim(ownerId, 'other', other)).deploymentId).toBe(other.deploymentId);
    const theirs = claim();
    expect((await idempotency.claim(crypto.randomUUID(), 'key', theirs)).deploymentId).toBe(
      theirs.deploymentId,
    );
  });

  test('what has expired is removed, and nothing else', async () => {
    const metadata = await create();
    const { tokens, sessions, idempotency } = metadata;
    const runOut = (['sign_in', 'registration', 'invitation', 'recovery', 'auth_code', 'api'] as const).map(
      (kind) => tokenRecord({ kind, expiresAt: NOW }),
    );
    const good = [tokenRecord({ kind: 'sign_in', expiresAt: AFTER }), tokenRecord({ kind: 'deploy_hook' })];
    for (const token of [...runOut, ...good]) await tokens.insert(token);
    const [over, alive] = [refreshTokenRecord({ expiresAt: NOW }), refreshTokenRecord({ expiresAt: AFTER })];
    await sessions.insert(over);
    await sessions.insert(alive);
    const edge = new Date(Date.parse(NOW) - IDEMPOTENCY_HOURS * 3_600_000);
    const ownerId = crypto.randomUUID();
    const claim = (key: string, createdAt: string) =>
      idempotency.claim(ownerId, key, { deploymentId: key, fingerprint: '', createdAt });
    await claim('old', new Date(edge.getTime() - 1).toISOString());
    await claim('young', edge.toISOString());

    await metadata.removeExpired(NOW, '1970-01-01T00:00:00.000Z');

    const longAgo = '2020-01-01T00:00:00.000Z';
    const there = await Promise.all(
      [...runOut, ...good].map(({ kind, hash }) => tokens.byHash(kind, hash, longAgo)),
    );
    expect(there.map((record) => record !== null)).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
      true,
      true,
    ]);
    expect(await sessions.byHash(over.hash)).toBeNull();
    expect(await sessions.byHash(alive.hash)).toEqual(alive);
    expect(
      (await idempotency.claim(ownerId, 'old', { deploymentId: 'new', fingerprint: '', createdAt: NOW }))
        .deploymentId,
    ).toBe('new');
    expect((await claim('young', NOW)).deploymentId).toBe('young');
  });

  test('the audit log goes by the age of its entries', async () => {
    const metadata = await create();
    const ownerId = crypto.randomUUID();
    const at = (time: string) => auditRecord({ id: newObjectId(Date.parse(time)), ownerId, at: time });
    const [old, young] = [at('2026-10-31T23:59:59.000Z'), at('2026-11-01T00:00:00.000Z')];
    await metadata.audit.append(old);
    await metadata.audit.append(young);
    await metadata.removeExpired(NOW, '2026-11-01T00:00:00.000Z');
    expect((await metadata.audit.list(ownerId, { limit: 10 })).items).toEqual([young]);
  });

  test('idempotency keys of deployments that are gone are forgotten, and those of others stay', async () => {
    const { idempotency } = await create();
    const ownerId = crypto.randomUUID();
    const claim = (owner: string, key: string, deploymentId: string) =>
      idempotency.claim(owner, key, { deploymentId, fingerprint: '', createdAt: NOW });
    const [gone, kept] = [newObjectId(), newObjectId()];
    const other = crypto.randomUUID();
    await claim(ownerId, 'a', gone);
    await claim(ownerId, 'b', kept);
    await claim(other, 'a', gone);
    await idempotency.forget(ownerId, [gone, newObjectId()]);
    expect((await claim(ownerId, 'a', 'new')).deploymentId).toBe('new');
    expect((await claim(ownerId, 'b', 'new')).deploymentId).toBe(kept);
    expect((await claim(other, 'a', 'new')).deploymentId).toBe(gone);
  });
}
