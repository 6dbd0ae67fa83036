/** A deployment that a simulated runner has started to build, with everything it needs. */
import { Client } from './client.ts';
import { type SimulatedAttempt, SimulatedRunner } from './simulated-runner.ts';

/** The uploaded source. */
export const UNREAD_SOURCE = Buffer.from('ignored by a simulated runner');

export interface SimulatedBuild {
  readonly client: Client;
  readonly id: string;
  readonly attempt: SimulatedAttempt;
}

/**
 * Creates an app, deploys an upload to it (a new one by default), and accepts the deployment with a runner of its
 * own. `name` is the name of the app and the runner, and the label that pairs them.
 */
export async function simulatedBuild(
  edge: { url: string; token: string },
  name = 'patient',
  source?: string,
): Promise<SimulatedBuild> {
  const client = new Client(edge);
  const uploadId = source ?? (await client.upload('site.zip', UNREAD_SOURCE));
  const { slug } = await client.createApp({ name, build: { labels: [name] } });
  const { id } = await client.deploy(slug, { uploadId });
  const registered = await client.registerRunner(name, [name]);
  const runner = await SimulatedRunner.connect(edge.url, registered, { labels: [name] });
  return { client, id, attempt: await runner.begin() };
}
