import { reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { AppFluxError, isAppFluxError } from '@appflux/protocol';
import { expect, test } from 'vitest';
import { forgetAll } from '../../testing.ts';
import { metadataContract } from '../contract.ts';
import { appRecord, deploymentRecord } from '../sample-records.ts';
import { createD1Metadata } from './index.ts';

metadataContract('D1', async () => {
  await forgetAll();
  return createD1Metadata(env.METADATA);
});

/** A D1 whose every statement fails as the real one did when its message was seen. */
function failing(message: string): D1Database {
  const fail = () => Promise.reject(new Error(message));
  const statement = { bind: () => statement, run: fail, all: fail, first: fail };
  return { prepare: () => statement, batch: fail } as unknown as D1Database;
}

test.each(['D1_ERROR: Network connection lost.', 'D1_ERROR: D1 DB is overloaded. Too many requests queued.'])(
  'a database that does not answer is `unavailable`, and says when to try again: %s',
  async (message) => {
    const { users, secrets, apps } = createD1Metadata(failing(message));
    for (const asked of [users.owner(), secrets.keep('a', 'b'), apps.insert(appRecord())]) {
      const refusal = await asked.catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(AppFluxError);
      expect(refusal).toMatchObject({ code: 'unavailable', retryAfterSeconds: 2 });
      expect((refusal as Error).cause).toEqual(new Error(message));
    }
  },
);

test('a database without its migrations is not well', async () => {
  await reset();
  await expect(createD1Metadata(env.METADATA).ping()).rejects.toThrow('no such table');
  await forgetAll();
});

test('a deployment that was kept before uploads had names has none', async () => {
  const { apps, deployments } = createD1Metadata(env.METADATA);
  const app = appRecord();
  await apps.insert(app);
  const { uploadName: _, ...old } = deploymentRecord(app);
  await deployments.project(old as ReturnType<typeof deploymentRecord>, 1);
  expect(await deployments.byId(old.id)).toMatchObject({ uploadName: null });
});

test('a second app with the same id is a fault of ours, not an outage', async () => {
  const { apps } = createD1Metadata(env.METADATA);
  const app = appRecord();
  await apps.insert(app);
  const fault = await apps.insert({ ...app, slug: 'another' }).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(Error);
  expect(isAppFluxError(fault)).toBe(false);
});

test.each([
  ['SELECT * FROM apps WHERE owner_id = ? AND id < ? ORDER BY id DESC', 'apps_of_owner'],
  ['SELECT * FROM deployments WHERE owner_id = ? ORDER BY id DESC', 'deployments_of_owner'],
  [
    'SELECT * FROM deployments WHERE owner_id = ? AND status = ? ORDER BY id DESC',
    'deployments_of_owner_by_status',
  ],
  [
    'SELECT * FROM deployments WHERE owner_id = ? AND app_id = ? AND status = ? ORDER BY id DESC',
    'deployments_of_app_by_status',
  ],
  ['SELECT * FROM tokens WHERE owner_id = ? AND kind = ? ORDER BY id DESC', 'tokens_of_owner'],
  ['SELECT * FROM tokens WHERE kind = ? AND app_id = ? ORDER BY id DESC', 'tokens_of_app'],
  [
    'SELECT * FROM tokens WHERE owner_id = ? AND kind = ? AND created_by = ? ORDER BY id DESC',
    'tokens_of_creator',
  ],
  ['SELECT * FROM members WHERE team_id = ? ORDER BY id DESC', 'members_of_team'],
  ['SELECT * FROM members WHERE user_id = ? ORDER BY id', 'members_of_user'],
  ['SELECT * FROM audit WHERE owner_id = ? ORDER BY id DESC', 'audit_of_owner'],
  ['SELECT * FROM uploads WHERE completed = 0 AND created_at < ? ORDER BY created_at', 'uploads_begun'],
])('no list is read in whole or sorted: %s', async (sql, index) => {
  const marks = sql.split('?').length - 1;
  const plan = await env.METADATA.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...Array.from({ length: marks }, () => 'x'))
    .all<{ detail: string }>();
  const steps = plan.results.map(({ detail }) => detail);
  expect(steps).toEqual([expect.stringContaining(`INDEX ${index} `)]);
});
