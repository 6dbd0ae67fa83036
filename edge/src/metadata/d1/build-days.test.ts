/** The days that analytics read, of a database of an earlier version. */
import { applyD1Migrations, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import { forgetAll } from '../../testing/worker.ts';
import { endOf } from '../analytics.ts';
import { addDays, type KeptDay } from '../build-days.ts';
import { canonical } from '../copy/copy.ts';
import { d1Copyable } from '../copy/d1.ts';
import type { DeploymentRecord } from '../metadata.ts';
import { appRecord, deploymentRecord } from '../testing/sample-records.ts';
import { createD1Metadata } from './index.ts';

describe('deployments of a version that counted no days', () => {
  const at = env.MIGRATIONS.findIndex(({ name }) => name === '0033_build_days.sql');

  test('are counted by the migration as they would be when they end, and only once', async () => {
    await reset();
    await applyD1Migrations(env.METADATA, env.MIGRATIONS.slice(0, at));
    const [app, other] = [appRecord(), appRecord()];
    other.ownerId = app.ownerId;
    const start = Date.parse('2026-11-01T12:00:00.000Z');
    const seconds = [0, 0.1, 42.3, 99.9, 100, 104.9, 999.4, 999.9, 1_234.5, 9_999.9, 12_345.6];
    const ended = [app, other].flatMap((owner) =>
      seconds.map((duration, index) =>
        deploymentRecord(owner, {
          status: index === 3 ? 'failed' : index === 4 ? 'canceled' : 'success',
          createdAt: new Date(start).toISOString(),
          startedAt: index === 5 ? null : new Date(start + duration * 1000).toISOString(),
          finishedAt: `2026-11-0${2 + (index % 2)}T12:00:00.000Z`,
          durationSeconds: index === 6 ? null : duration,
        }),
      ),
    );
    const skipped = { kind: 'paths', reason: 'No file matches' } as unknown as DeploymentRecord['skipped'];
    const records = [
      ...ended,
      deploymentRecord(app),
      deploymentRecord(app, { status: 'canceled', skipped, finishedAt: '2026-11-02T12:00:00.000Z' }),
    ];
    for (const { id, ownerId, name, slug } of [app, other])
      await env.METADATA.prepare(
        `INSERT INTO apps (id, owner_id, name, slug, source, build, env_vars, created_at)
         VALUES (?, ?, ?, ?, ?, '{}', '{}', '2026-11-01')`,
      )
        .bind(id, ownerId, name, slug, JSON.stringify(app.source))
        .run();
    await env.METADATA.batch(
      records.map((record) => {
        const end = endOf(record);
        return env.METADATA.prepare(
          `INSERT INTO deployments (id, app_id, owner_id, status, seq, record, created_at, ended_on, duration_seconds,
             waited_seconds) VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?)`,
        ).bind(
          record.id,
          record.appId,
          record.ownerId,
          record.status,
          JSON.stringify(record),
          record.createdAt,
          end?.endedOn ?? null,
          end?.durationSeconds ?? null,
          end?.waitedSeconds ?? null,
        );
      }),
    );
    await applyD1Migrations(env.METADATA, env.MIGRATIONS);
    const days = async () =>
      (await d1Copyable(env.METADATA).page('buildDays', null, 100)).map(canonical).sort();
    const counted = new Map<string, KeptDay>();
    for (const record of ended) {
      const end = endOf(record);
      if (end !== null) addDays(counted, record, end);
    }
    expect(await days()).toEqual([...counted.values()].map(canonical).sort());
    // Its log is archived now.
    const { deployments } = createD1Metadata(env.METADATA);
    for (const record of ended) await deployments.project({ ...record, logKey: 'log' }, 2);
    expect(await days()).toEqual([...counted.values()].map(canonical).sort());
    await forgetAll();
  });
});
