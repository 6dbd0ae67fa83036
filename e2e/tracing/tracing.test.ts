/** The trace of a deployment, from its request to its archived log, as a collector gets it from edge and runner. */
import { traceOf } from '@appflux/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type RunnerProcess, startRunner } from '../instance/runner.ts';
import { zipOf } from '../source/zip.ts';
import { type OtlpSink, type ReceivedSpan, startOtlpSink } from './otlp-sink.ts';

const SECRET = 'correct-horse-battery-staple';

let sink: OtlpSink;
let edge: EdgeInstance;
let runner: RunnerProcess;
let client: Client;

beforeAll(async () => {
  sink = await startOtlpSink();
  const tracing = {
    OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=key%20of%20the%20collector',
  };
  edge = await startInstance({
    variables: { ...tracing, APPFLUX_TRACE_URL: 'https://traces.example.com/trace/{traceId}?uiFind=deploy' },
  });
  client = new Client(edge);
  runner = await startRunner(edge, {
    labels: ['host'],
    env: { APPFLUX_RUNNER_EXECUTOR: 'host', ...tracing },
  });
});
beforeEach(() => {
  sink.refuseWith = null;
  sink.hold = false;
});
afterAll(async () => {
  // A runner that ends would wait for the answers that the last test holds back.
  sink?.release();
  await runner?.stop();
  await edge?.stop();
  await sink?.stop();
});

/** Deploys a project with this build command, waits for its end, and gives its id. */
async function deploy(name: string, buildCommand: string): Promise<string> {
  const id = await begin(name, buildCommand);
  await client.untilEnded(id);
  return id;
}

/** Deploys a project with this build command, and gives its id. */
async function begin(name: string, buildCommand: string): Promise<string> {
  const uploadId = await client.upload(
    `${name}.zip`,
    await zipOf({
      'appflux.json': JSON.stringify({ installCommand: 'true', buildCommand, outputs: ['dist'] }),
    }),
  );
  const { slug } = await client.createApp({
    name,
    build: { labels: ['host'] },
    envVars: { SECRET_WORD: SECRET },
  });
  return (await client.deploy(slug, { uploadId })).id;
}

/** The spans of a deployment's trace, once it has all of these names. */
async function traceWith(id: string, names: readonly string[]): Promise<ReceivedSpan[]> {
  const spans = () => sink.spans.filter(({ traceId }) => traceId === traceOf(id).traceId);
  await expect
    .poll(() => names.filter((name) => !spans().some((span) => span.name === name)), { timeout: 20_000 })
    .toEqual([]);
  return spans();
}

const SITE = 'mkdir -p dist && echo "<h1>hello</h1>" > dist/index.html';

describe('the trace of a deployment', () => {
  it('is one tree with the request, the offer, the attempt, each step and the storage, and is linked', async () => {
    const id = await deploy('traced', SITE);
    const { rootSpanId, attemptSpanId } = traceOf(id);
    const spans = await traceWith(id, [
      'create',
      'offer',
      'wait for a runner',
      'attempt 1',
      'preparing',
      'download',
      'unpack',
      'scanning',
      'detecting',
      'building',
      'install command',
      'build command',
      'collect',
      'uploading',
      'upload',
      'deliver event',
      'archive log',
      'deploy traced',
    ]);
    const byId = new Map(spans.map((span) => [span.spanId, span]));
    expect(byId.size).toBe(spans.length);
    const roots = spans.filter(({ parentSpanId }) => parentSpanId === '');
    expect(roots.map(({ spanId }) => spanId)).toEqual([rootSpanId]);
    for (const { parentSpanId, start, end, failed, name } of spans) {
      if (parentSpanId !== '') expect(byId.has(parentSpanId), name).toBe(true);
      expect(end >= start, name).toBe(true);
      expect(failed, name).toBe(false);
    }
    const parentOf = (name: string) =>
      byId.get(spans.find((span) => span.name === name)?.parentSpanId ?? '')?.name;
    expect(parentOf('preparing')).toBe('attempt 1');
    expect(parentOf('download')).toBe('preparing');
    expect(parentOf('build command')).toBe('building');
    expect(parentOf('upload')).toBe('uploading');
    expect(byId.get(attemptSpanId(1))).toMatchObject({
      service: 'appflux-edge',
      attributes: { 'cicd.worker.name': runner.name },
    });
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(['appflux-edge', 'appflux-runner']));
    expect(byId.get(rootSpanId)?.attributes).toMatchObject({
      'cicd.pipeline.name': 'traced',
      'cicd.pipeline.run.id': id,
      'cicd.pipeline.result': 'success',
    });
    for (const headers of sink.headers) expect(headers['x-api-key']).toBe('key of the collector');
    const { urls } = await client.deployment(id);
    expect(urls.trace).toBe(`https://traces.example.com/trace/${traceOf(id).traceId}?uiFind=deploy`);
  });

  it('says what failed, and quotes nothing of the build', async () => {
    const id = await deploy('broken', 'echo "the word is $SECRET_WORD" >&2; exit 3');
    const spans = await traceWith(id, ['deploy broken', 'attempt 1', 'build command', 'building']);
    const failed = spans.filter((span) => span.failed);
    expect(failed.map(({ name }) => name).sort()).toEqual([
      'attempt 1',
      'build command',
      'building',
      'deploy broken',
    ]);
    for (const name of ['building', 'attempt 1', 'deploy broken'])
      expect(failed.find((span) => span.name === name)?.attributes['error.type']).toBe('build_failed');
    for (const body of sink.bodies) expect(body).not.toContain(SECRET);
  });

  it('is sent again by the edge when the collector was not ready', async () => {
    sink.refuseWith = 503;
    const before = sink.refused;
    const id = await deploy('again', SITE);
    await expect.poll(() => sink.refused).toBeGreaterThan(before);
    sink.refuseWith = null;
    await traceWith(id, ['deploy again', 'attempt 1']);
  });

  it('is dropped, and said so, when the collector refuses it; the deployment succeeds', async () => {
    sink.refuseWith = 400;
    const id = await deploy('refused', SITE);
    expect((await client.deployment(id)).status).toBe('success');
    await expect
      .poll(() => edge.output())
      .toContain('of a trace were dropped: the collector answered with 400');
  });

  it('holds up no offer while the collector does not answer', { timeout: 120_000 }, async () => {
    sink.hold = true;
    const offersOf = (id: string) =>
      sink.held.filter(({ name, traceId }) => name === 'offer' && traceId === traceOf(id).traceId).length;
    const first = await begin('unanswered', SITE);
    await expect.poll(() => offersOf(first), { timeout: 20_000 }).toBeGreaterThan(0);
    const second = await begin('next', SITE);
    await expect.poll(() => offersOf(second), { timeout: 60_000 }).toBeGreaterThan(0);
    // It is sent three times before it is dropped.
    expect(offersOf(first)).toBeLessThan(3);
    await client.untilEnded(second);
    expect((await client.deployment(second)).status).toBe('success');
  });
});
