/** A queue of real builds on one runner, and the same number of bare runs, as many at a time. */

import { Client } from '../../e2e/instance/client.ts';
import { startInstance } from '../../e2e/instance/edge.ts';
import { bareRun, type Kind, QuickApp } from './single.ts';

/** Milliseconds per build. */
export type Queued = Readonly<Record<Kind, number>>;

/** Builds `jobs` on `slots` slots, by each kind. */
export async function buildQueue(
  { jobs, slots }: { readonly jobs: number; readonly slots: number },
  progress: (text: string) => void,
): Promise<Queued> {
  const edge = await startInstance({ variables: { CALLS_PER_SECOND: '' } });
  const perJob = async (work: () => Promise<void>): Promise<number> => {
    const startedAt = performance.now();
    await work();
    return (performance.now() - startedAt) / jobs;
  };
  const deployed = async (prepared: number): Promise<number> => {
    const client = new Client(edge);
    const app = await QuickApp.open(edge, prepared, slots);
    try {
      // The first build of a runner reads the facts of its image.
      await app.deploy();
      return await perJob(async () => {
        const ids = [];
        for (let job = 0; job < jobs; job += 1) ids.push(await app.request());
        for (const id of ids) {
          const { status, failure } = await client.untilEnded(id, 600_000);
          if (status !== 'success') throw new Error(failure?.message);
        }
      });
    } finally {
      await app.runner.stop();
    }
  };
  try {
    const prepared = await deployed(slots);
    progress(`queue, prepared: ${Math.round(prepared)} ms a build`);
    const unprepared = await deployed(0);
    progress(`queue, unprepared: ${Math.round(unprepared)} ms a build`);
    const bare = await perJob(async () => {
      let left = jobs;
      const lane = async () => {
        while (left-- > 0) await bareRun();
      };
      await Promise.all(Array.from({ length: slots }, lane));
    });
    return { prepared, unprepared, 'docker run': bare };
  } finally {
    await edge.stop();
  }
}
