/** One deployment of a given size, built by a simulated runner at the pace of a real build. */
import { createHash, randomBytes } from 'node:crypto';
import { HEARTBEAT_MS } from '@appflux/protocol';
import { Client } from '../../e2e/instance/client.ts';
import { type SimulatedAttempt, SimulatedRunner } from '../../e2e/instance/simulated-runner.ts';
import { Viewer } from '../../e2e/instance/viewer.ts';
import type { LogSender } from '../../runner/src/log/log-sender.ts';
import { openSender } from '../logs/open-sender.ts';
import { SAMPLE_PLAN } from '../plan.ts';

export interface Size {
  readonly lines: number;
  readonly seconds: number;
  readonly viewers: number;
  readonly artifactMegabytes: number;
  readonly downloads: number;
}

export interface Scene {
  /** Requests the deployment, waits for its end, and downloads its artifact. */
  deploy(): Promise<void>;
  close(): void;
}

/** Prepares what exists before the deployment: an app and a runner that is online. */
export async function setScene(instance: { url: string; token: string }, size: Size): Promise<Scene> {
  const client = new Client(instance);
  const { slug } = await client.createApp({ name: 'Counted' });
  const runner = await SimulatedRunner.connect(instance.url, await client.registerRunner('counted'));
  return {
    deploy: () => deploy(client, instance, slug, runner, size),
    close: () => runner.pool.socket.close(),
  };
}

async function deploy(
  client: Client,
  instance: { url: string; token: string },
  slug: string,
  runner: SimulatedRunner,
  size: Size,
): Promise<void> {
  const uploadId = await client.upload('source.zip', randomBytes(1024 * 1024));
  const { id } = await client.deploy(slug, { uploadId });
  const attempt = await runner.begin();
  const stream = openSender(attempt);
  const viewers = await watch(client, instance, id, size.viewers);
  const beat = setInterval(() => {
    runner.pool.ping();
    attempt.socket.ping();
  }, HEARTBEAT_MS);
  try {
    await build(attempt, stream, size);
    await stream.drained();
    await deliver(attempt, randomBytes(size.artifactMegabytes * 1_000_000));
    attempt.finish({ status: 'success', artifacts: ['site.zip'] });
    await attempt.socket.next('finished');
    runner.free(attempt.grant);
    const seen = await Promise.all(viewers.map(({ ended }) => ended));
    if (seen.some((status) => status !== 'success')) throw new Error(`the viewers saw ${seen}`);
    for (const { lines } of viewers) {
      if (lines.filter(({ stream: from }) => from === 'stdout').length !== size.lines)
        throw new Error(`a viewer had ${lines.length} lines`);
    }
    stream.close();
    await download((await client.untilEnded(id)).artifacts[0]?.url ?? '', size.downloads);
  } finally {
    clearInterval(beat);
    attempt.socket.socket.close();
  }
}

/** Starts the downloads and discards their bytes, which cost nothing. */
async function download(url: string, times: number): Promise<void> {
  for (let time = 0; time < times; time += 1) {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`the artifact was answered ${answer.status}`);
    await answer.body?.cancel();
  }
}

/** Each viewer reads the deployment and then follows it, as the dashboard's page does. */
async function watch(
  client: Client,
  instance: { url: string; token: string },
  id: string,
  count: number,
): Promise<Viewer[]> {
  const viewers: Viewer[] = [];
  for (let viewer = 0; viewer < count; viewer += 1) {
    await client.deployment(id);
    const follows = new Viewer(instance, id);
    await follows.connected();
    viewers.push(follows);
  }
  return viewers;
}

/** The phases of a build, its lines spread evenly over its time. */
async function build(attempt: SimulatedAttempt, stream: LogSender, { lines, seconds }: Size): Promise<void> {
  const fence = { attempt: attempt.grant.attempt };
  const enter = (phase: 'preparing' | 'scanning' | 'detecting' | 'building' | 'uploading') =>
    attempt.socket.send({ type: 'phase', ...fence, phase, at: new Date().toISOString() });
  enter('preparing');
  attempt.socket.send({ type: 'source', ...fence, commitHash: null, commitMessage: null, branch: null });
  enter('scanning');
  enter('detecting');
  attempt.socket.send({ type: 'plan', ...fence, plan: SAMPLE_PLAN, version: '1.0.0' });
  enter('building');
  const startedAt = performance.now();
  await new Promise<void>((resolve) => {
    let written = 0;
    const timer = setInterval(() => {
      const due = Math.min(lines, Math.floor(((performance.now() - startedAt) / 1000 / seconds) * lines));
      for (; written < due; written += 1) {
        const text = `${written} compiled src/components/Button.tsx in 12 ms`;
        stream.write({ at: new Date().toISOString(), stream: 'stdout', phase: 'building', text });
      }
      if (written < lines) return;
      clearInterval(timer);
      resolve();
    }, 20);
  });
  enter('uploading');
}

async function deliver(attempt: SimulatedAttempt, bytes: Buffer): Promise<void> {
  const upload = {
    attempt: attempt.grant.attempt,
    request: 'upload of site.zip',
    name: 'site.zip',
  };
  attempt.socket.send({
    type: 'upload',
    ...upload,
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    contentType: 'application/zip',
    meta: {},
  });
  const { partSize, parts } = await attempt.socket.next('upload_granted');
  const put: { partNumber: number; etag: string }[] = [];
  for (const { partNumber, url } of parts) {
    const from = (partNumber - 1) * partSize;
    const answer = await fetch(url, {
      method: 'PUT',
      body: Buffer.from(bytes.subarray(from, from + partSize)),
    });
    if (!answer.ok) throw new Error(`storage answered ${answer.status}: ${await answer.text()}`);
    put.push({ partNumber, etag: answer.headers.get('etag') ?? '' });
  }
  attempt.socket.send({ type: 'uploaded', ...upload, parts: put });
  await attempt.socket.next('upload_done');
}
