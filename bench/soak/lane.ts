/** One of the runners of a soak: it requests a small deployment, builds it, and reads what a person would read. */
import { createHash } from 'node:crypto';
import { Client, pause } from '../../e2e/instance/client.ts';
import { SimulatedRunner } from '../../e2e/instance/simulated-runner.ts';
import { SAMPLE_PLAN } from '../plan.ts';

/** The lines of a build's log. */
const LINES = 20;

/** How often a download is tried. */
const MOST_TRIES = 100;

/** Every so many deployments fail. */
const FAILS_EVERY = 10;

export interface Lane {
  /** One deployment, from the upload of its source to its end. Throws if any part of it goes wrong. */
  deploy(number: number): Promise<void>;
  close(): void;
}

/** Registers the runner of a lane and connects it. It builds only the deployments of its own app, one at a time. */
export async function openLane(instance: { url: string; token: string }, index: number): Promise<Lane> {
  const client = new Client(instance);
  const label = `lane-${index}`;
  const { slug } = await client.createApp({ name: label, build: { labels: [label], supersede: false } });
  const registered = await client.registerRunner(label, [label]);
  const runner = await SimulatedRunner.connect(instance.url, registered, { labels: [label] });
  return {
    deploy: (number) => deploy(client, runner, slug, number),
    close: () => runner.pool.socket.close(),
  };
}

async function deploy(client: Client, runner: SimulatedRunner, slug: string, number: number): Promise<void> {
  const uploadId = await client.upload('source.zip', Buffer.from(`source ${number}`));
  const { id } = await client.deploy(slug, { uploadId });
  const attempt = await runner.begin();
  const fence = { attempt: attempt.grant.attempt };
  const { socket } = attempt;
  if (attempt.grant.deploymentId !== id) throw new Error(`${attempt.grant.deploymentId} came before ${id}`);
  try {
    socket.send({ type: 'phase', ...fence, phase: 'preparing', at: new Date().toISOString() });
    socket.send({ type: 'plan', ...fence, plan: SAMPLE_PLAN, version: '1.0.0' });
    socket.send({ type: 'phase', ...fence, phase: 'building', at: new Date().toISOString() });
    attempt.lines(1, LINES, (seq) => `${number}: compiled src/components/Button${seq}.tsx in 12 ms`);
    if ((await attempt.acked()) !== LINES) throw new Error('lines are missing');
    if (number % FAILS_EVERY === 0) {
      attempt.fail();
    } else {
      const bytes = Buffer.from(`artifact ${number}`);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      await attempt.deliver({ name: 'site.zip', sha256 }, bytes);
      attempt.finish({ status: 'success', artifacts: ['site.zip'] });
    }
    await socket.next('finished');
  } finally {
    socket.socket.close();
    runner.free(attempt.grant);
  }
  await read(client, slug, id);
}

/** What a person looks at after a deployment. */
async function read(client: Client, slug: string, id: string): Promise<void> {
  const { artifacts } = await client.untilEnded(id);
  await client.api.deployments.listOf(slug);
  await client.fetch('GET', `/api/deployments/${id}/logs`);
  const url = artifacts[0]?.url;
  if (url === undefined) return;
  // The deployment's object knows of its end before the database does, which serves the download.
  for (let tries = 1; ; tries += 1) {
    const answer = await fetch(url);
    await answer.arrayBuffer();
    if (answer.ok) return;
    if (tries === MOST_TRIES) throw new Error(`the artifact was answered ${answer.status}`);
    await pause(100);
  }
}
