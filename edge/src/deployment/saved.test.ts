import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { beforeEach, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord } from '../metadata/testing/sample-records.ts';
import { forgetAll } from '../testing/worker.ts';
import { recordOf } from './record.ts';
import { piecesOf, SavedDeployment } from './saved.ts';
import { initialState, type Spec, type State } from './state.ts';
import { sampleSpec } from './testing/sample-spec.ts';

beforeEach(forgetAll);

/** The object of a deployment as version 0.1.0 left it: `outbox` names its unconfirmed events. */
async function oldObject(spec: Spec, state: State, seq: number, outbox: readonly number[]) {
  const stub = env.DEPLOYMENTS.getByName(spec.id);
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    sql.exec('CREATE TABLE outbox (seq INTEGER PRIMARY KEY, record TEXT NOT NULL)');
    sql.exec('CREATE TABLE deployment (id INTEGER PRIMARY KEY CHECK (id = 1), saved TEXT NOT NULL)');
    sql.exec('INSERT INTO deployment VALUES (1, ?)', JSON.stringify({ spec, state, seq }));
    for (const event of outbox)
      sql.exec('INSERT INTO outbox VALUES (?, ?)', event, JSON.stringify(recordOf(spec, state)));
  });
  await evictDurableObject(stub);
  return stub;
}

const tablesOf = (stub: DurableObjectStub<import('./object.ts').DeploymentObject>) =>
  runInDurableObject(stub, (_, { storage }) =>
    storage.sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
      .toArray()
      .map(({ name }) => name),
  );

test('an object of version 0.1.0 opens as it stood, and delivers the events that were not confirmed', async () => {
  const app = appRecord();
  await metadataOf(env).apps.insert(app);
  const { id: appId, slug, name, ownerId } = app;
  const spec = sampleSpec({ id: newObjectId(), ownerId, app: { id: appId, slug, name } });
  const state: State = { ...initialState(spec), status: 'canceled', cancelReason: 'as asked' };
  const stub = await oldObject(spec, state, 4, [3, 4]);
  expect(await stub.unconfirmed()).toEqual({
    record: recordOf(spec, state),
    details: null,
    seq: 4,
    cancelReason: 'as asked',
  });
  expect(await stub.spec()).toEqual(spec);
  await stub.confirm(3);
  expect(await stub.unconfirmed()).toMatchObject({ seq: 4 });
  await stub.confirm(4);
  await evictDurableObject(stub);
  expect(await stub.unconfirmed()).toBeNull();
  expect(await stub.snapshot()).toEqual({ record: recordOf(spec, state), seq: 4 });
  const tables = await tablesOf(stub);
  expect(tables).toContain('state');
  expect(tables).not.toContain('deployment');
  expect(tables).not.toContain('outbox');
});

test('one whose events were all confirmed has nothing to deliver', async () => {
  const spec = sampleSpec({ id: newObjectId() });
  const stub = await oldObject(spec, initialState(spec), 2, []);
  expect(await stub.unconfirmed()).toBeNull();
  expect(await stub.snapshot()).toMatchObject({ seq: 2 });
});

test('one whose artifacts say more of themselves than a record holds opens, without that', async () => {
  const spec = sampleSpec({ id: newObjectId() });
  const artifacts = Array.from({ length: 200 }, (_, index) => ({
    name: `${index}.apk`,
    key: `apps/a/d/1/${index}.apk`,
    size: 1,
    sha256: '0'.repeat(64),
    contentType: 'application/octet-stream',
    meta: Object.fromEntries(Array.from({ length: 60 }, (_, fact) => [`fact${fact}`, 'x'.repeat(500)])),
  }));
  const state: State = { ...initialState(spec), status: 'success', attempt: 1, artifacts };
  const stub = await oldObject(spec, state, 4, [4]);
  const { record } = (await stub.unconfirmed()) ?? {};
  expect(record?.status).toBe('success');
  expect(record?.artifacts).toEqual(artifacts.map((artifact) => ({ ...artifact, meta: {} })));
});

test('one that was removed stays empty', async () => {
  const stub = env.DEPLOYMENTS.getByName(newObjectId());
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    sql.exec('CREATE TABLE outbox (seq INTEGER PRIMARY KEY, record TEXT NOT NULL)');
    sql.exec('CREATE TABLE deployment (id INTEGER PRIMARY KEY CHECK (id = 1), saved TEXT NOT NULL)');
  });
  await evictDurableObject(stub);
  expect(await stub.snapshot()).toBeNull();
});

test('a spec larger than a row may be is kept in rows that are not', async () => {
  const variables = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [
      `V${index}`,
      { sealed: `${index}é€😀`.repeat(8_000), environments: ['production' as const] },
    ]),
  );
  const spec = sampleSpec({ id: newObjectId(), variables });
  const stub = env.DEPLOYMENTS.getByName(spec.id);
  await runInDurableObject(stub, (_, { storage }) => {
    const kept = new SavedDeployment(storage);
    kept.createTables();
    kept.writeSpec(spec);
    kept.writeState({ state: initialState(spec), seq: 1, confirmed: 0 });
    const sizes = storage.sql
      .exec<{ bytes: number }>('SELECT length(CAST(body AS BLOB)) AS bytes FROM spec')
      .toArray();
    expect(sizes.length).toBeGreaterThan(5);
    for (const { bytes } of sizes) expect(bytes).toBeLessThan(1_000_000);
    expect(kept.read()?.spec).toEqual(spec);
    // Written again it replaces all of its pieces.
    kept.writeSpec({ ...spec, variables: {} });
    expect(kept.read()?.spec.variables).toEqual({});
  });
});

test('pieces are no longer than asked, end within no character, and make the text again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 2, max: 7 }), (text, length) => {
      const pieces = piecesOf(text, length);
      expect(pieces.join('')).toBe(text);
      for (const piece of pieces) {
        expect(piece.length).toBeLessThanOrEqual(length);
        expect(piece.length).toBeGreaterThan(0);
        expect(piece.isWellFormed()).toBe(true);
      }
    }),
  );
});
