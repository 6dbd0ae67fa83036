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

/** Makes an App, deploys an upload to it, and takes the deployment up with a runner of its own. */
export async function simulatedBuild(edge: { url: string; token: string }): Promise<SimulatedBuild> {
  const client = new Client(edge);
  const uploadId = await client.upload('site.zip', UNREAD_SOURCE);
  const { slug } = await client.createApp({ name: 'Patient' });
  const { id } = await client.deploy(slug, { uploadId });
  const runner = await SimulatedRunner.connect(edge.url, await client.registerRunner('patient'));
  return { client, id, attempt: await runner.begin() };
}
