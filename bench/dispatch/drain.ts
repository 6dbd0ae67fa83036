/** A full queue, and many runners that claim, answer and come back for more. */
import { Client } from '../../e2e/instance/client.ts';
import type { EdgeInstance } from '../../e2e/instance/edge.ts';
import { SimulatedRunner } from '../../e2e/instance/simulated-runner.ts';
import { workerdSeconds } from '../processor-time.ts';

export interface Drained {
  readonly createdPerSecond: number;
  /** Processor time of the control plane per accepted deployment, and per claimed and ended one. */
  readonly creatingMs: number;
  readonly claimingMs: number;
  /** From the moment the runners connected until the last deployment had ended. */
  readonly seconds: number;
  readonly claims: number;
  /** For each claim, in milliseconds. */
  readonly waitsMs: readonly number[];
  /** Deployments that did not end as their runner reported. */
  readonly lost: number;
  /** Deployments that were granted more than once. */
  readonly doubled: number;
}

/** How many builds of one app may run simultaneously: the maximum that an app can set. */
const CONCURRENCY = 20;
const PARALLEL_REQUESTS = 20;
/** Deployments of one app. */
const APP_SIZE = 100;

/** Queues `queued` deployments, connects `runners`, and waits until all is done. */
export async function drain(
  edge: EdgeInstance,
  { queued, runners }: { queued: number; runners: number },
  progress: (text: string) => void,
): Promise<Drained> {
  const client = new Client(edge);
  const uploadId = await client.upload('site.zip', Buffer.from('ignored by a simulated runner'));
  const slugs = await createApps(client, Math.ceil(queued / APP_SIZE));
  const registered = await inParallel(range(runners), (index) => client.registerRunner(`runner-${index}`));

  const createdFrom = performance.now();
  const busyFrom = workerdSeconds();
  const ids = await inParallel(range(queued), async (index) => {
    const { id } = await client.deploy(slugs[index % slugs.length] ?? '', { uploadId });
    return id;
  });
  const createdPerSecond = queued / ((performance.now() - createdFrom) / 1000);
  progress(`${queued} queued at ${Math.round(createdPerSecond)}/s`);

  const created = workerdSeconds();
  const grants: { id: string; waitMs: number }[] = [];
  const done = new AbortController();
  const connectedAt = performance.now();
  let left = queued;
  await Promise.all(
    registered.map(async (runner) => {
      const simulated = await SimulatedRunner.connect(edge.url, runner);
      await serve(simulated, {
        granted: (id) => grants.push({ id, waitMs: performance.now() - connectedAt }),
        finished: () => {
          left -= 1;
          if (left % 100 === 0) progress(`${left} left`);
          if (left === 0) done.abort();
        },
        signal: done.signal,
      });
      simulated.pool.socket.close();
    }),
  );
  const seconds = (performance.now() - connectedAt) / 1000;
  const claimed = workerdSeconds();
  const counts = new Map<string, number>();
  for (const { id } of grants) counts.set(id, (counts.get(id) ?? 0) + 1);
  const ended = await inParallel(ids, (id) => endedAsReported(client, id));
  return {
    createdPerSecond,
    creatingMs: ((created - busyFrom) * 1000) / queued,
    claimingMs: ((claimed - created) * 1000) / queued,
    seconds,
    claims: grants.length,
    waitsMs: grants.map(({ waitMs }) => waitMs),
    lost: ended.filter((asSaid) => !asSaid).length,
    doubled: [...counts.values()].filter((count) => count > 1).length,
  };
}

const NOTHING_BUILT = {
  code: 'build_failed',
  message: 'A simulated runner builds nothing.',
  phase: 'building',
} as const;

interface Duties {
  granted(id: string): void;
  finished(): void;
  readonly signal: AbortSignal;
}

/** What a runner of one slot does until nothing is left. */
async function serve(runner: SimulatedRunner, { granted, finished, signal }: Duties): Promise<void> {
  const over = new Promise<null>((resolve) =>
    signal.addEventListener('abort', () => resolve(null), { once: true }),
  );
  while (!signal.aborted) {
    const next = runner.granted(600_000);
    const attempt = await Promise.race([next, over]);
    if (attempt === null) {
      // Its socket is closed after this, which ends the wait.
      next.catch(() => undefined);
      return;
    }
    const { grant } = attempt;
    granted(grant.deploymentId);
    runner.accept(grant);
    await attempt.socket.next('welcome');
    attempt.finish({ status: 'failed', failure: { ...NOTHING_BUILT, hint: 'None is needed.' } });
    await attempt.socket.next('finished');
    attempt.socket.socket.close();
    runner.free(grant);
    finished();
  }
}

/** Apps that any runner may build, whose deployments do not supersede each other. */
function createApps(client: Client, count: number): Promise<string[]> {
  return inParallel(range(count), async (index) => {
    const build = { supersede: false, concurrency: CONCURRENCY };
    return (await client.createApp({ name: `App ${index}`, build })).slug;
  });
}

/**
 * Whether a deployment ended, at its first attempt, as its runner reported. This asks its object, which owns the
 * truth.
 */
async function endedAsReported(client: Client, id: string): Promise<boolean> {
  const { status, attempt, failure } = await client.deployment(id);
  return status === 'failed' && attempt === 1 && failure?.message === NOTHING_BUILT.message;
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

/** Processes each item, a few at a time, and returns the results in the items' order. */
async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const workers = Array.from({ length: Math.min(PARALLEL_REQUESTS, items.length) }, async () => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index] as Item);
    }
  });
  await Promise.all(workers);
  return results;
}
