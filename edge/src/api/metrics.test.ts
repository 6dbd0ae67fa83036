import { env } from 'cloudflare:workers';
import { beforeEach, expect, test } from 'vitest';
import { metadataOf } from '../metadata/index.ts';
import { appRecord, deploymentRecord, runnerRecord } from '../metadata/testing/sample-records.ts';
import { METRICS } from '../metrics/catalogue.ts';
import { sweepOf } from '../retention/object.ts';
import { founder } from '../testing/people.ts';
import { forgetAll, request, requestWith } from '../testing/worker.ts';

beforeEach(forgetAll);

async function scrape(variables: Parameters<typeof requestWith>[0] = {}): Promise<string> {
  const response = await requestWith(variables, '/api/ops/metrics', { token: env.OPERATOR_SECRET });
  expect(response.status).toBe(200);
  return response.text();
}

test('an empty instance has every metric, in the OpenMetrics format', async () => {
  const response = await request('/api/ops/metrics', { token: env.OPERATOR_SECRET });
  expect(response.headers.get('Content-Type')).toBe(
    'application/openmetrics-text; version=1.0.0; charset=utf-8',
  );
  expect(response.headers.get('Cache-Control')).toBe('no-store');
  const text = await response.text();
  expect(text.endsWith('\n# EOF\n')).toBe(true);
  const names = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(names.sort()).toEqual(Object.keys(METRICS).sort());
  expect(text).toContain('appflux_part_up{part="metadata"} 1\n');
  expect(text).toContain('appflux_deployments{status="queued"} 0\n');
  expect(text).not.toMatch(/^appflux_collector_up\{.*\} 0$/m);
  expect(text).not.toMatch(/^appflux_(?:backup_last|artifact_storage)_/m);
});

test('deployments, runners and the backup are those of the instance', async () => {
  const { user, token } = await founder();
  const metadata = metadataOf(env);
  const app = appRecord({ ownerId: user.id });
  await metadata.apps.insert(app);
  const now = new Date();
  const members = { startedAt: now.toISOString(), finishedAt: now.toISOString(), durationSeconds: 7 };
  for (const record of [
    { status: 'queued' as const, createdAt: new Date(now.getTime() - 60_000).toISOString() },
    { status: 'success' as const, createdAt: now.toISOString(), ...members },
    { status: 'failed' as const, createdAt: now.toISOString(), ...members },
  ])
    await metadata.deployments.project(deploymentRecord(app, record), 1);
  await metadata.runners.insert(runnerRecord({ ownerId: user.id }));
  const status = {
    succeededAt: '2026-11-28T03:00:00.000Z',
    target: '/backup',
    error: 'the disk is full',
    triedAt: '2026-11-29T03:00:00.000Z',
    schedule: null,
  };
  await request('/api/ops/backup', { method: 'PUT', token: env.OPERATOR_SECRET, json: status });
  await sweepOf(env).note({
    position: null,
    begunAt: now.getTime(),
    failed: false,
    measured: { artifactBytes: 12, at: now.getTime() },
  });
  await request('/api/apps/no-such-app', { token });

  const text = await scrape();
  for (const line of [
    'appflux_deployments{status="queued"} 1',
    'appflux_deployments_ended{status="success"} 1',
    'appflux_deployments_ended{status="failed"} 1',
    'appflux_deployment_duration_seconds{quantile="0.95"} 7',
    'appflux_runners{state="offline"} 1',
    'appflux_artifact_storage_bytes 12',
    'appflux_backup_last_attempt_failed 1',
    `appflux_backup_last_success_timestamp_seconds ${Date.parse(status.succeededAt) / 1000}`,
  ])
    expect(text).toContain(`${line}\n`);
  const age = /^appflux_oldest_deployment_age_seconds\{status="queued"\} (\S+)$/m.exec(text)?.[1];
  expect(Number(age)).toBeGreaterThanOrEqual(60);
  // By the pattern of the route, never by the path.
  expect(text).toMatch(
    /^appflux_http_requests_total\{isolate="[0-9a-f]{8}",method="GET",route="\/api\/apps\/:slug",status="404"\} [1-9]/m,
  );
  expect(text).not.toContain('no-such-app');
  expect(text).not.toContain(user.id);
});

test('other methods and unknown paths add no series of their own', async () => {
  await requestWith({}, '/api/there-is-no-such-route-a');
  await requestWith({}, '/there-is-no-such-page-a');
  await requestWith({}, '/api/health', { method: 'PROPFIND' });
  const series = (text: string) => text.match(/^appflux_http_requests_total.*(?= \d+$)/gm) ?? [];
  await scrape();
  const before = series(await scrape());
  await requestWith({}, '/api/there-is-no-such-route-b');
  await requestWith({}, '/there-is-no-such-page-b');
  await requestWith({}, '/api/health', { method: 'MKCOL' });
  expect(series(await scrape())).toEqual(before);
  expect(before.join('\n')).toContain('method="other"');
});

test('what can’t be read is left out, and reported', async () => {
  const broken = {
    DEPLOY_QUEUE: { metrics: () => Promise.reject(new Error('the queue is down')) } as unknown as Queue,
    ADDRESS_STATUS_URL: 'http://127.0.0.1:1/',
  };
  const text = await scrape(broken);
  expect(text).toContain('appflux_collector_up{collector="queue"} 0\n');
  expect(text).toContain('appflux_collector_up{collector="certificates"} 0\n');
  expect(text).toContain('appflux_collector_up{collector="deployments"} 1\n');
  expect(text).toContain('appflux_part_up{part="queue"} 0\n');
  expect(text).not.toMatch(/^appflux_queue_backlog/m);
});

test('only the operator reads it', async () => {
  const { token } = await founder();
  for (const init of [{}, { token }, { token: 'x'.repeat(40) }])
    expect((await request('/api/ops/metrics', init)).status).toBe(401);
});
