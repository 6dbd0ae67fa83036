/** An instance with one runner that builds the fixtures of one kind, and their artifacts. */
import { createHash } from 'node:crypto';
import type { App, Artifact, Deployment } from '@appflux/protocol';
import { expect } from 'vitest';
import type { RunnerOptions } from '../instance/runner.ts';
import { type InstanceWithRunner, startWithRunner } from '../instance/with-runner.ts';
import { type Fixture, fixtureZip } from '../source/zip.ts';

/** Longer than most fixtures take on two busy processors, in milliseconds. */
const BUILD_WITHIN_MS = 250_000;

export interface Built {
  readonly deployment: Deployment;
  /** The log, line by line. */
  readonly log: string;
  /** Its artifacts, by name. */
  readonly files: ReadonlyMap<string, Buffer>;
  artifact(name: string): Artifact;
}

export interface KindInstance extends InstanceWithRunner {
  /**
   * Creates an app for a fixture, configures it, and builds it within a timeout in milliseconds, with additional
   * files by name.
   */
  build(
    fixture: Fixture,
    prepare?: (app: App) => Promise<void>,
    withinMs?: number,
    more?: Readonly<Record<string, Buffer>>,
  ): Promise<Built>;
}

export async function startKindInstance(options: RunnerOptions = {}): Promise<KindInstance> {
  const instance = await startWithRunner(options);
  const { client } = instance;
  const built: Fixture[] = [];
  return {
    ...instance,
    build: async (fixture, prepare, withinMs = BUILD_WITHIN_MS, more = {}) => {
      const uploadId = await client.upload(`${fixture}.zip`, await fixtureZip(fixture, more));
      built.push(fixture);
      const count = built.filter((other) => other === fixture).length;
      const app = await client.createApp({ name: count === 1 ? fixture : `${fixture} ${count}` });
      await prepare?.(app);
      const { id } = await client.deploy(app.slug, { uploadId });
      const deployment = await client.untilEnded(id, withinMs);
      const log = (await client.logs(id)).items.map(({ text }) => text).join('\n');
      expect(deployment.failure, log).toBeNull();
      return { deployment, log, ...(await download(deployment)) };
    },
  };
}

/** Downloads all artifacts, and checks that each matches its record. */
async function download({ artifacts }: Deployment): Promise<Pick<Built, 'files' | 'artifact'>> {
  const files = new Map<string, Buffer>();
  for (const { name, url, size, sha256 } of artifacts) {
    const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
    expect({
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }).toEqual({ size, sha256 });
    files.set(name, bytes);
  }
  const artifact = (name: string) => {
    const found = artifacts.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`no ${name} among ${[...files.keys()].join(', ')}`);
    return found;
  };
  return { files, artifact };
}
