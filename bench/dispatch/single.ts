/** One deployment at a time, on an idle instance with a real runner and a real engine. */
import { Client } from '../../e2e/instance/client.ts';
import { startInstance } from '../../e2e/instance/edge.ts';
import { startRunner } from '../../e2e/instance/runner.ts';
import { zipOf } from '../../e2e/source/zip.ts';
import { ContainerStarts } from './container-starts.ts';

/** How long until the engine had started the container, in milliseconds. */
export interface Started {
  readonly fromRequestMs: number;
  readonly fromAnswerMs: number;
}

/** A project whose build is only a container start. */
const PROJECT = {
  'package.json': '{"name":"quick","version":"1.0.0"}',
  'appflux.json': JSON.stringify({
    installCommand: 'true',
    buildCommand: 'mkdir dist && echo quick > dist/index.html',
    outputs: ['dist'],
  }),
};

/** Deploys `rounds` times, after one that is not counted. */
export async function untilContainerStarts(
  rounds: number,
  progress: (text: string) => void,
): Promise<Started[]> {
  const edge = await startInstance();
  const runner = await startRunner(edge);
  const starts = await ContainerStarts.watch(runner.id);
  try {
    const client = new Client(edge);
    const { slug } = await client.createApp({ name: 'quick' });
    const uploadId = await client.upload('quick.zip', await zipOf(PROJECT));
    const measured: Started[] = [];
    for (let turn = 0; turn <= rounds; turn += 1) {
      const requestedAt = Date.now();
      const { id } = await client.deploy(slug, { uploadId });
      const answeredAt = Date.now();
      const { status, failure } = await client.untilEnded(id);
      if (status !== 'success') throw new Error(`it ended with ${status}: ${failure?.message}`);
      await runner.leftovers();
      const startedAt = starts.of(id);
      const started = { fromRequestMs: startedAt - requestedAt, fromAnswerMs: startedAt - answeredAt };
      if (turn > 0) measured.push(started);
      progress(`dispatch ${turn}/${rounds}: container after ${Math.round(started.fromAnswerMs)} ms`);
    }
    return measured;
  } finally {
    starts.close();
    await runner.stop();
    await edge.stop();
  }
}
