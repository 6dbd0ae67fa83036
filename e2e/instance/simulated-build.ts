/** A deployment that a simulated runner has begun to build, with all that leads to it. */
import { Client } from './client.ts';
import { type SimulatedAttempt, SimulatedRunner } from './simulated-runner.ts';

/** What is uploaded for it. */
export const UNREAD_SOURCE = Buffer.from('not looked at by a simulated runner');

export interface SimulatedBuild {
  readonly client: Client;
  readonly id: string;
  readonly attempt: SimulatedAttempt;
}

/**
 * Makes an App, deploys an upload to it (one of its own unless given), and takes the deployment up with a runner of its
 * own. `name` is the App's, the runner's and the label by which the two find each other.
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
