/** An instance for tests of whole builds: an edge, a client of its owner, one real runner. */
import { Client } from './client.ts';
import { type EdgeInstance, startInstance } from './edge.ts';
import { type RunnerOptions, type RunnerProcess, startRunner } from './runner.ts';

export interface InstanceWithRunner {
  readonly edge: EdgeInstance;
  readonly client: Client;
  readonly runner: RunnerProcess;
  stop(): Promise<void>;
}

export async function startWithRunner(options: RunnerOptions = {}): Promise<InstanceWithRunner> {
  const edge = await startInstance();
  const client = new Client(edge);
  const runner = await startRunner(edge, options).catch(async (error: unknown) => {
    await edge.stop();
    throw error;
  });
  return {
    edge,
    client,
    runner,
    stop: async () => {
      await runner.stop();
      await edge.stop();
    },
  };
}
