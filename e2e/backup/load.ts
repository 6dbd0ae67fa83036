/** Work that goes on while an instance is backed up, and a record of what the instance has acknowledged, and when. */
import { createHash, randomUUID } from 'node:crypto';
import type { RegisteredRunner } from '@appflux/protocol';
import { Client, pause } from '../instance/client.ts';
import { SimulatedRunner } from '../instance/simulated-runner.ts';
import type { LocalInstance } from './instance.ts';

export const VARIABLES = { API_URL: 'https://api.example.org/v1', API_KEY: 'k-7f3a9c1e5b2d8046' };

export interface AcknowledgedBuild {
  readonly id: string;
  readonly slug: string;
  readonly uploadId: string;
  readonly artifact: { name: string; sha256: string };
  readonly lines: number;
  /** When its end was acknowledged, in milliseconds. */
  readonly at: number;
}

export interface Load {
  readonly builds: AcknowledgedBuild[];
  /** Of a deployment that runs all the time: the last line that was acked, and when. */
  readonly running: { id: string; runner: RegisteredRunner; acked: { seq: number; at: number }[] };
  /** The runner that builds all that ends. */
  readonly builder: RegisteredRunner;
  /** Apps, by slug, and when they were acknowledged. */
  readonly apps: { slug: string; at: number }[];
  stop(): Promise<void>;
}

export const sha256 = (bytes: string | Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

/** The bytes of the artifact of a build: so many that they are more than one chunk of a database. */
export const artifactBytes = (id: string): string => `artifact of ${id}\n`.repeat(20_000);

export const sourceBytes = (number: number): Buffer => Buffer.from(`source ${number}\n`.repeat(5_000));

/** Begins to create Apps, upload, deploy, write logs and deliver artifacts, one after another, until it is stopped. */
export async function startLoad(instance: LocalInstance): Promise<Load> {
  const client = new Client(instance);
  const patient = await beginPatient(client, instance.url);
  const load = { builds: [] as AcknowledgedBuild[], apps: [] as Load['apps'] };
  let stopping = false;

  const builder = await client.registerRunner('builder', ['build']);
  const runner = await SimulatedRunner.connect(instance.url, builder, {
    labels: ['build'],
    session: randomUUID(),
  });
  const build = async () => {
    for (let number = 0; !stopping; number += 1) {
      const slug = `app-${number}`;
      await client.createApp({ name: slug, slug, build: { labels: ['build'] }, envVars: VARIABLES });
      load.apps.push({ slug, at: Date.now() });
      const uploadId = await client.upload('source.zip', sourceBytes(number));
      const { id } = await client.deploy(slug, { uploadId });
      const attempt = await runner.begin();
      attempt.lines(1, 40);
      await attempt.acked();
      const bytes = artifactBytes(id);
      const artifact = { name: 'site.zip', sha256: sha256(bytes) };
      await attempt.deliver(artifact, bytes);
      attempt.finish({ status: 'success', artifacts: [artifact.name] });
      await client.untilEnded(id);
      load.builds.push({ id, slug, uploadId, artifact, lines: 40, at: Date.now() });
      runner.free(attempt.grant);
    }
  };
  const write = async () => {
    for (let seq = 1; !stopping; seq += 10) {
      patient.attempt.lines(seq, seq + 9);
      const acked = await patient.attempt.acked();
      patient.acked.push({ seq: acked, at: Date.now() });
      await pause(20);
    }
  };
  const ended = Promise.all([build(), write()]);
  // A failure is thrown by `stop`, which every test calls.
  ended.catch(() => undefined);
  return {
    ...load,
    builder,
    running: { id: patient.id, runner: patient.registered, acked: patient.acked },
    stop: async () => {
      stopping = true;
      await ended;
      await runner.pool.cut();
      await patient.attempt.socket.cut();
      await patient.runner.pool.cut();
    },
  };
}

/** A deployment whose build does not end. */
async function beginPatient(client: Client, url: string) {
  const uploadId = await client.upload('source.zip', sourceBytes(-1));
  await client.createApp({ name: 'patient', slug: 'patient', build: { labels: ['patient'] } });
  const { id } = await client.deploy('patient', { uploadId });
  const registered = await client.registerRunner('patient', ['patient']);
  const runner = await SimulatedRunner.connect(url, registered, {
    labels: ['patient'],
    session: randomUUID(),
  });
  const acked: { seq: number; at: number }[] = [];
  return { id, runner, registered, attempt: await runner.begin(), acked };
}
