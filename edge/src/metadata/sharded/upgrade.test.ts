import { applyD1Migrations, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, test } from 'vitest';
import { forgetAll } from '../../testing/worker.ts';
import { appRecord, deploymentRecord } from '../testing/sample-records.ts';
import { createShardedMetadata } from './index.ts';
import { DATABASES } from './testing/databases.ts';

test('the database of an earlier version becomes the directory, and its teams stay in it', async () => {
  await reset();
  const at = env.MIGRATIONS.findIndex(({ name }) => name.startsWith('0035'));
  await applyD1Migrations(env.METADATA, env.MIGRATIONS.slice(0, at));
  // As that version has written them: an app with a release, and the upload of a team that has no app yet.
  const app = appRecord();
  const record = deploymentRecord(app, { status: 'success' });
  const uploader = crypto.randomUUID();
  const { id, ownerId, slug, createdAt } = app;
  await env.METADATA.batch([
    env.METADATA.prepare(
      `INSERT INTO apps (id, owner_id, name, slug, source, build, env_vars, release, created_at)
       VALUES (?, ?, 'A', ?, ?, ?, '{}', ?, ?)`,
    ).bind(id, ownerId, slug, JSON.stringify(app.source), JSON.stringify(app.build), record.id, createdAt),
    env.METADATA.prepare(
      `INSERT INTO deployments (id, app_id, owner_id, status, seq, record, created_at, environment)
       VALUES (?, ?, ?, 'success', 3, ?, ?, 'production')`,
    ).bind(record.id, id, ownerId, JSON.stringify(record), record.createdAt),
    env.METADATA.prepare(
      `INSERT INTO uploads (id, owner_id, name, size, key, completed, created_at) VALUES (?, ?, 'a.zip', 1, 'k', 0, ?)`,
    ).bind('6b0bb17c64fa92f78f000002', uploader, createdAt),
  ]);

  for (const database of DATABASES) await applyD1Migrations(database, env.MIGRATIONS);
  const metadata = createShardedMetadata(DATABASES, () => 2);
  expect((await metadata.deployments.list({ ownerId }, { limit: 10 })).items).toMatchObject([
    { id: record.id },
  ]);
  expect(await metadata.uploads.list(uploader)).toMatchObject([{ id: '6b0bb17c64fa92f78f000002' }]);
  const next = deploymentRecord(app, { status: 'success' });
  await metadata.deployments.project(next, 1);
  expect(await metadata.apps.byId(id)).toMatchObject({ release: next.id, previousRelease: record.id });
  const { results } = await env.METADATA.prepare('SELECT owner_id, number FROM team_databases').all();
  expect(results.map(({ number }) => number)).toEqual([0, 0]);
  await forgetAll();
});
