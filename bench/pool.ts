/**
 * What a pool costs with many runners and a long queue: processor time of the control plane for each deployment that is
 * offered, claimed, handed out and ended, and how long all runners take to come back after a restart. Runners are real
 * connections of runners; the objects of deployments are stand-ins that grant every lease (bench/pool/worker).
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { numberFlags } from './flags.ts';
import { Fleet } from './pool/fleet.ts';
import { type PoolInstance, startPoolInstance } from './pool/instance.ts';
import { workerdSeconds } from './processor-time.ts';
import { conditions, print, progress, round, table } from './report.ts';

/** Apps whose jobs wait. */
const APPS = 500;
/** Deployments that are measured for each row, at least as many as there are runners. */
const flags = numberFlags({ runners: 10_000, queued: 100_000, deployments: 2_000, shards: 1 });
const under = conditions();

const upTo = (most: number, steps: readonly number[]) => [...steps.filter((step) => step < most), most];

const state = await mkdtemp(join(tmpdir(), 'appflux-bench-'));
let edge: PoolInstance = await startPoolInstance(state);
const fleet = new Fleet(edge.url);
const rows: number[][] = [];
try {
  await edge.split(flags.shards);
  await edge.register(flags.runners);
  progress(`${flags.runners} runners registered`);
  for (const runners of upTo(flags.runners, [100, 1_000])) {
    const busyFrom = workerdSeconds();
    const before = fleet.connected;
    await fleet.grow(runners);
    const perConnection = ((workerdSeconds() - busyFrom) * 1000) / (runners - before);
    let queued = 0;
    let shortest = 0;
    for (const depth of upTo(flags.queued, [1_000, 10_000])) {
      await edge.fill(depth + runners - queued, APPS);
      queued = depth + runners;
      await fleet.until(() => fleet.holding === runners, 'all runners have a job');
      const cost = await costOf(fleet, Math.max(flags.deployments, runners));
      shortest ||= cost.ms;
      const figures = [cost.ms, cost.ms / shortest, cost.perSecond, perConnection].map(round);
      rows.push([runners, (await edge.load()).queued, ...figures]);
      progress(`${runners} runners, ${depth} queued: ${figures.join(', ')}`);
    }
    // The next number of runners begins with a short queue again.
    await edge.clear();
    fleet.release();
  }
  const returned = await returnAfterRestart();
  print(
    'Pool',
    under,
    table(
      [
        'runners',
        'queued',
        'workerd ms per deployment',
        'ratio',
        'deployments/s',
        'workerd ms per connection',
      ],
      rows,
    ),
    table(
      ['runners', 'all back in s', 'workerd s', 'granted twice'],
      [[flags.runners, round(returned.seconds), round(returned.workerd), fleet.doubled]],
    ),
  );
  if (fleet.doubled > 0) process.exitCode = 1;
} finally {
  fleet.close();
  await edge.stop();
  await rm(state, { recursive: true, force: true });
}

/** Processor time for each deployment, without what the idle connections use in the same time. */
async function costOf(fleet: Fleet, deployments: number): Promise<{ ms: number; perSecond: number }> {
  // A first round is not counted; what connecting has left to do ends meanwhile.
  await fleet.work(deployments);
  const idleFrom = workerdSeconds();
  await sleep(5_000);
  const idlePerSecond = (workerdSeconds() - idleFrom) / 5;
  const before = workerdSeconds();
  const from = performance.now();
  const granted = fleet.grants;
  await fleet.work(deployments);
  const ended = fleet.grants - granted;
  const seconds = (performance.now() - from) / 1000;
  const busy = workerdSeconds() - before - idlePerSecond * seconds;
  return { ms: (busy * 1000) / ended, perSecond: ended / seconds };
}

/** Kills the control plane and starts it again: every connection is lost, as at a deploy of the Worker. */
async function returnAfterRestart(): Promise<{ seconds: number; workerd: number }> {
  await edge.stop();
  await fleet.until(() => fleet.connected === 0, 'all runners are gone');
  edge = await startPoolInstance(state, edge.port);
  const from = performance.now();
  const busyFrom = workerdSeconds();
  await fleet.until(() => fleet.connected === flags.runners, 'all runners are back');
  return { seconds: (performance.now() - from) / 1000, workerd: workerdSeconds() - busyFrom };
}
