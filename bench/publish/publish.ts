/** Publishes a folder with the runner's own code, over the sockets of a simulated runner. */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HEARTBEAT_MS } from '@appflux/protocol';
import type { Client } from '../../e2e/instance/client.ts';
import type { SimulatedAttempt, SimulatedRunner } from '../../e2e/instance/simulated-runner.ts';
import { collectArtifacts } from '../../runner/src/job/collect/index.ts';
import type { SiteConnection } from '../../runner/src/job/site/base.ts';
import { sitePublisher } from '../../runner/src/job/site/index.ts';
import { type UploadConnection, uploadArtifacts } from '../../runner/src/job/upload.ts';
import { createJournal } from '../../runner/src/journal.ts';
import type { StepContext } from '../../runner/src/step-context.ts';
import { SAMPLE_PLAN } from '../plan.ts';

export interface Publication {
  /** Bytes that the runner uploaded. */
  readonly sent: number;
  /** Hashing and compressing. */
  readonly packSeconds: number;
  /** Uploading, and the edge's checks. */
  readonly uploadSeconds: number;
}

/** For a site of many files: the edge reads it whole. */
const PATIENCE_MS = 600_000;

/**
 * Makes a deployment of `root/dist`. `onPublish` is called before anything is published and after all is stored, and not
 * while the deployment's other objects are.
 */
export async function publishFolder(
  { client, runner, slug }: { client: Client; runner: SimulatedRunner; slug: string },
  root: string,
  onPublish: (when: 'before' | 'after') => Promise<void>,
): Promise<Publication> {
  const uploadId = await client.upload('source.zip', Buffer.from('not unpacked here'));
  const { id } = await client.deploy(slug, { uploadId });
  const attempt = await runner.begin();
  const outDir = await mkdtemp(join(tmpdir(), 'appflux-bench-out-'));
  // Packing many files can take longer than a lease.
  const beat = setInterval(() => attempt.socket.ping(), HEARTBEAT_MS);
  try {
    await mkdir(outDir, { recursive: true });
    attempt.socket.send({ type: 'plan', attempt: 1, plan: SAMPLE_PLAN, version: '1.0.0' });
    await onPublish('before');
    const startedAt = performance.now();
    const ctx: StepContext = { log: () => undefined, signal: new AbortController().signal };
    const journal = createJournal({ write: () => undefined });
    const connection = connectionOf(attempt);
    const artifacts = await collectArtifacts(
      {
        root,
        plan: { ...SAMPLE_PLAN, outputs: ['dist'] },
        app: { slug },
        version: '1.0.0',
        commitHash: null,
        maxBytes: 1e9,
        outDir,
        mask: String,
        publish: sitePublisher(
          { settings: {}, framework: null },
          { connection, attempt: 1, branch: null, journal },
        ),
      },
      ctx,
    );
    const packedAt = performance.now();
    const repacked = () => Promise.reject(new Error('no base is removed here'));
    await uploadArtifacts(artifacts, { connection, attempt: 1, journal, repacked }, ctx);
    const endedAt = performance.now();
    await onPublish('after');
    attempt.finish({ status: 'success', artifacts: artifacts.map(({ name }) => name) });
    await attempt.socket.next('finished');
    runner.free(attempt.grant);
    await client.untilEnded(id);
    return {
      sent: artifacts.reduce((sum, { size }) => sum + size, 0),
      packSeconds: (packedAt - startedAt) / 1000,
      uploadSeconds: (endedAt - packedAt) / 1000,
    };
  } finally {
    clearInterval(beat);
    attempt.socket.socket.close();
    await rm(outDir, { recursive: true });
  }
}

/** Questions of the runner, one at a time. */
function connectionOf(attempt: SimulatedAttempt): UploadConnection & SiteConnection {
  return {
    publishesSites: true,
    runsServers: false,
    askForBase: async (question) => {
      attempt.socket.send({ ...question, request: randomUUID() });
      return attempt.socket.next('site_base');
    },
    ask: async (question) => {
      attempt.socket.send(question);
      return attempt.socket.next(question.type === 'upload' ? 'upload_granted' : 'upload_done', PATIENCE_MS);
    },
  };
}
