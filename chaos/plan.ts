/**
 * The plan of a run, derived from its seed before it begins: who requests what, and which faults happen when. Pure.
 * What a fault then hits (which socket is open, which file is in flight) depends on the run's timing.
 */
import { Random } from './random.ts';
import type { Work } from './workload.ts';

export const RUNNERS = 3;

export interface AppPlan {
  readonly name: string;
  readonly source: 'upload' | 'git';
  /** Whether a newer deployment supersedes a waiting one. */
  readonly supersede: boolean;
  readonly concurrency: number;
}

export const APPS: readonly AppPlan[] = [
  { name: 'Uploads', source: 'upload', supersede: false, concurrency: 3 },
  { name: 'Branches', source: 'git', supersede: false, concurrency: 3 },
  { name: 'Newest wins', source: 'upload', supersede: true, concurrency: 1 },
  { name: 'One by one', source: 'git', supersede: false, concurrency: 1 },
];

/** Times are milliseconds after the start of the run. */
export type Step = { readonly at: number } & (
  | { readonly type: 'deploy'; readonly app: number; readonly branch: string; readonly work: Work }
  /** Of the n-th requested deployment. */
  | { readonly type: 'cancel' | 'redeploy'; readonly of: number }
);

export type Fault = { readonly at: number } & (
  | { readonly type: 'kill-runner'; readonly runner: number; readonly downMs: number }
  | { readonly type: 'suspend-runner'; readonly runner: number; readonly forMs: number }
  | { readonly type: 'crash-edge' }
  /** The control plane's runtime only; its parent starts another. */
  | { readonly type: 'kill-workerd' }
  /** The control plane and all runners at the same moment. */
  | { readonly type: 'kill-all'; readonly downMs: number }
  | { readonly type: 'cut-sockets'; readonly share: number }
  | { readonly type: 'stall-sockets'; readonly share: number; readonly forMs: number }
  | { readonly type: 'delay-messages'; readonly upToMs: number; readonly forMs: number }
  | { readonly type: 'repeat-messages'; readonly share: number; readonly forMs: number }
  | { readonly type: 'fail-storage'; readonly share: number; readonly forMs: number }
  | { readonly type: 'lose-answers'; readonly share: number; readonly forMs: number }
  /** A runner of the pool sends so many frames as fast as it can. */
  | { readonly type: 'flood'; readonly frames: number }
);

export interface Plan {
  readonly steps: readonly Step[];
  readonly faults: readonly Fault[];
  /** When everything must have ended, in milliseconds after the start. */
  readonly deadlineMs: number;
}

/** The average interval between new deployments. */
const GAP_MS = 2500;
/** A lease is 30 s; a suspension is longer, so that the lease expires. */
export const LEASE_MS = 30_000;

/** Draws a run of so many deployments. */
export function drawPlan(deployments: number, seed: string): Plan {
  const random = new Random(seed);
  const spanMs = deployments * GAP_MS;
  return {
    steps: inTime(drawSteps(deployments, spanMs, random.fork('steps'))),
    faults: inTime(drawFaults(deployments, spanMs, random.fork('faults'))),
    deadlineMs: spanMs * 4 + 6 * LEASE_MS,
  };
}

/** In the order of their times. */
export const inTime = <T extends { readonly at: number }>(list: T[]): T[] => list.sort((a, b) => a.at - b.at);

/** A share of all, but at least one. */
const some = (of: number, share: number): number => Math.max(1, Math.round(of * share));

/** Draws the requests for so many deployments, within `spanMs`. */
export function drawSteps(deployments: number, spanMs: number, random: Random): Step[] {
  const redeploys = some(deployments, 0.12);
  const fresh = Math.max(1, deployments - redeploys);
  const at = Array.from({ length: fresh }, () => random.int(0, spanMs)).sort((a, b) => a - b);
  const steps: Step[] = at.map((time, index) => ({
    at: time,
    type: 'deploy',
    app: random.int(0, APPS.length - 1),
    branch: random.pick(['main', 'next']),
    work: drawWork(index, random),
  }));
  const after = (index: number, most: number) => (at[index] ?? 0) + random.int(200, most);
  for (let n = 0; n < some(deployments, 0.2); n += 1) {
    const of = random.int(0, fresh - 1);
    steps.push({ at: after(of, 15_000), type: 'cancel', of });
  }
  for (let n = 0; n < redeploys; n += 1) {
    const of = random.int(0, fresh - 1);
    steps.push({ at: after(of, 20_000), type: 'redeploy', of });
  }
  return steps;
}

/** Most builds are small; some fail, some flood their log, some deliver enough for an upload in parts. */
function drawWork(index: number, random: Random): Work {
  const usual = {
    lines: random.int(20, 200),
    milliseconds: random.int(1000, 9000),
    exitCode: 0,
    megabytes: 0,
  };
  if (index % 8 === 3) return { ...usual, exitCode: random.int(1, 3) };
  if (index % 8 === 5) return { ...usual, lines: 60_000, milliseconds: 500 };
  if (index % 8 === 6) return { ...usual, megabytes: 18 };
  return usual;
}

function drawFaults(deployments: number, spanMs: number, random: Random): Fault[] {
  const faults: Fault[] = [];
  const add = (share: number, make: (at: number) => Fault) => {
    for (let n = 0; n < some(deployments, share); n += 1) faults.push(make(random.int(3000, spanMs + 5000)));
  };
  const runner = () => random.int(0, RUNNERS - 1);
  add(0.15, (at) => ({ at, type: 'kill-runner', runner: runner(), downMs: random.int(0, 6000) }));
  add(0.06, (at) => ({
    at: Math.min(at, spanMs / 2),
    type: 'suspend-runner',
    runner: runner(),
    forMs: LEASE_MS + random.int(1000, 8000),
  }));
  add(0.1, (at) => ({ at, type: 'crash-edge' }));
  add(0.4, (at) => ({ at, type: 'cut-sockets', share: random.pick([0.2, 0.5, 1]) }));
  add(0.15, (at) => ({
    at,
    type: 'stall-sockets',
    share: random.pick([0.2, 0.5]),
    forMs: random.int(2000, 20_000),
  }));
  add(0.2, (at) => ({ at, type: 'delay-messages', upToMs: random.int(50, 1500), forMs: 6000 }));
  add(0.2, (at) => ({ at, type: 'repeat-messages', share: 0.3, forMs: 8000 }));
  add(0.3, (at) => ({ at, type: 'fail-storage', share: 0.6, forMs: 8000 }));
  add(0.2, (at) => ({ at, type: 'lose-answers', share: 0.4, forMs: 4000 }));
  add(0.1, (at) => ({ at, type: 'flood', frames: random.int(2_000, 30_000) }));
  return faults;
}
