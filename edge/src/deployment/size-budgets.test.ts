/** Size budgets of a deployment: checked when its runner has delivered, before anything is published. */
import { env } from 'cloudflare:workers';
import { SIZE_BUDGETS, type SizeBudget } from '@appflux/protocol';
import { beforeAll, describe, expect, test } from 'vitest';
import { sampleBudget as budget } from '../budgets/testing/sample-budget.ts';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { appRecord } from '../metadata/testing/sample-records.ts';
import { makePack } from '../sites/testing/pack.ts';
import { objectsOf } from '../storage/index.ts';
import { attemptPrefix, siteManifestKey } from '../storage/keys.ts';
import { connectAttempt, deliver, givenRunner, leaseOf } from '../testing/attempt.ts';
import { forgetAll } from '../testing/worker.ts';
import { finishWith, PACK_NAME, uploadPack } from './testing/deliver-pack.ts';
import { sampleSpec } from './testing/sample-spec.ts';

beforeAll(forgetAll);

const objects = objectsOf(env);

/** An app with a runner, whose deployments have these budgets. */
async function givenApp(budgets?: SizeBudget[]) {
  const app = appRecord();
  await metadataOf(env).apps.insert(app);
  const runner = await givenRunner(app.ownerId);
  const building = async () => {
    const { id, ownerId, slug, name } = app;
    const spec = sampleSpec({
      ...{ id: newObjectId(), ownerId, app: { id, slug, name }, createdAt: Date.now() },
      ...(budgets && { budgets }),
    });
    await env.DEPLOYMENTS.getByName(spec.id).create(spec);
    const connected = await connectAttempt(await leaseOf(spec.id, runner), runner.credential);
    expect(await connected.next('welcome')).toMatchObject({
      accepts: expect.arrayContaining([SIZE_BUDGETS]),
    });
    return { id: spec.id, connected };
  };
  return { app, building };
}

const recordOf = async (id: string) => {
  const record = (await env.DEPLOYMENTS.getByName(id).snapshot())?.record;
  if (record === undefined) throw new Error('there is no such deployment');
  return record;
};

const logOf = async (id: string) =>
  ((await env.DEPLOYMENTS.getByName(id).logs(0, 100))?.items ?? []).map(({ text }) => text).join('\n');

const site = (size: number) => makePack({ 'index.html': 'hello', 'assets/app.js': 'x'.repeat(size) });

describe('a site', () => {
  test('within its budgets is published with their results, which compare it with the release', async () => {
    const budgets = [budget({ what: 'js', limit: 5000, on: 'fail' }), budget({ what: 'css' })];
    const { app, building } = await givenApp(budgets);
    const first = await building();
    await uploadPack(first.connected, await site(3000));
    expect(await finishWith(first.connected)).toMatchObject({ status: 'success' });
    const record = await recordOf(first.id);
    expect(record.budgets).toMatchObject([
      { what: 'js', bytes: 3000, files: 1, before: null, outcome: 'passed' },
      { what: 'css', bytes: 0, files: 0, before: null, outcome: 'passed' },
    ]);
    await metadataOf(env).deployments.project(record, 9);
    expect((await metadataOf(env).apps.byId(app.id))?.release).toBe(first.id);

    const second = await building();
    await uploadPack(second.connected, await site(4000));
    await finishWith(second.connected);
    expect((await recordOf(second.id)).budgets).toMatchObject([{ bytes: 4000, before: 3000 }, { before: 0 }]);
  });

  test('that is larger than a budget that warns is published, and its log says so', async () => {
    const { building } = await givenApp([budget({ what: 'js', limit: 2999 })]);
    const { id, connected } = await building();
    await uploadPack(connected, await site(3000));
    expect(await finishWith(connected)).toMatchObject({ status: 'success' });
    expect(await recordOf(id)).toMatchObject({
      failure: null,
      site: { kind: 'static' },
      budgets: [{ outcome: 'warned', largest: [{ name: 'assets/app.js', bytes: 3000 }] }],
    });
    expect(await logOf(id)).toContain(
      'Warning: over a size budget. JavaScript: 3.0 kB, limit 3.0 kB. Largest: assets/app.js (3.0 kB)',
    );
  });

  test('that is larger than a budget that fails ends the deployment, and nothing is published', async () => {
    const { app, building } = await givenApp([budget({ what: 'js', limit: 2000, on: 'fail' }), budget()]);
    const { id, connected } = await building();
    await uploadPack(connected, await site(3000));
    const key = siteManifestKey(app.id, id);
    expect(await objects.get(key)).not.toBeNull();
    expect(await finishWith(connected)).toMatchObject({ status: 'failed' });
    expect(await recordOf(id)).toMatchObject({
      failure: {
        code: 'budget_exceeded',
        message: 'A size budget is exceeded. JavaScript: 3.0 kB, limit 2.0 kB',
        phase: 'uploading',
      },
      artifacts: [],
      site: null,
      budgets: [{ outcome: 'failed' }, { what: 'total', outcome: 'warned' }],
    });
    await expect.poll(() => objects.get(key)).toBeNull();
  });

  test('in gzip is as large as it is sent to browsers that accept it', async () => {
    const { building } = await givenApp([
      budget({ what: 'js', compression: 'gzip', limit: 100, on: 'fail' }),
    ]);
    const { id, connected } = await building();
    await uploadPack(connected, await site(3000));
    expect(await finishWith(connected)).toMatchObject({ status: 'success' });
    const { bytes = 0 } = (await recordOf(id)).budgets?.[0] ?? {};
    expect(bytes).toBeGreaterThan(18);
    expect(bytes).toBeLessThan(100);
  });
});

test('artifacts have budgets by their names, and files that no deployment keeps are removed', async () => {
  const budgets = [
    budget({ what: 'artifacts', pattern: '*.apk', limit: 4, on: 'fail' }),
    budget({ what: 'artifacts', pattern: '*.exe', limit: 1, on: 'fail' }),
  ];
  const { app, building } = await givenApp(budgets);
  const small = await building();
  await deliver(small.connected, 'app.apk', '1234');
  expect(await finishWith(small.connected, ['app.apk'])).toMatchObject({ status: 'success' });
  const large = await building();
  await deliver(large.connected, 'app.apk', '12345');
  expect(await finishWith(large.connected, ['app.apk'])).toMatchObject({ status: 'failed' });
  expect((await recordOf(large.id)).budgets).toMatchObject([
    { bytes: 5, files: 1, outcome: 'failed' },
    { bytes: 0, files: 0, outcome: 'passed' },
  ]);
  const kept = async () => (await objects.list(attemptPrefix(app.id, large.id, 1))).keys;
  await expect.poll(kept).toEqual([]);
});

describe('budgets of appflux.json', () => {
  const fromSource = budget({ what: 'js', limit: 1000, on: 'fail' });

  test('count for an app without its own', async () => {
    const { building } = await givenApp();
    const { id, connected } = await building();
    connected.send({ type: SIZE_BUDGETS, budgets: [fromSource] });
    await uploadPack(connected, await site(3000));
    expect(await finishWith(connected)).toMatchObject({ status: 'failed' });
    expect(await recordOf(id)).toMatchObject({ failure: { code: 'budget_exceeded' } });
  });

  test('are replaced by those of the app', async () => {
    const { building } = await givenApp([budget({ what: 'js', limit: 3000, on: 'fail' })]);
    const { id, connected } = await building();
    connected.send({ type: SIZE_BUDGETS, budgets: [fromSource] });
    await uploadPack(connected, await site(3000));
    expect(await finishWith(connected)).toMatchObject({ status: 'success' });
    expect((await recordOf(id)).budgets).toMatchObject([{ limit: 3000 }]);
  });
});

test('a deployment without budgets has no results', async () => {
  const { building } = await givenApp();
  const { id, connected } = await building();
  await uploadPack(connected, await site(3000));
  await finishWith(connected);
  expect(await recordOf(id)).not.toHaveProperty('budgets');
});

test('a site that can’t be read is published if its budgets only warn, and not if one of them fails', async () => {
  for (const [on, status] of [
    ['warn', 'success'],
    ['fail', 'failed'],
  ] as const) {
    const { app, building } = await givenApp([budget({ limit: 1_000_000, on })]);
    const { id, connected } = await building();
    await uploadPack(connected, await site(3000));
    await objects.put(siteManifestKey(app.id, id), new Uint8Array([1, 2, 3]), 'application/gzip');
    expect(await finishWith(connected, [PACK_NAME])).toMatchObject({ status });
    const record = await recordOf(id);
    expect(record).not.toHaveProperty('budgets');
    expect(record.failure?.code).toBe(on === 'fail' ? 'upload_failed' : undefined);
  }
});
