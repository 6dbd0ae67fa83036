/** What a pool has, in figures: for those who add and remove runners. Pure. */
import type { JobQueue } from './job-queue.ts';
import { takesBuilds } from './online-runner.ts';
import type { Roster } from './roster.ts';

/** The jobs that need the same of a runner. */
export interface WaitingFigures {
  labels: string[];
  /** Whether they are builds of strangers' code, which need a sandbox. */
  isUntrusted: boolean;
  jobs: number;
  /** Unix milliseconds. */
  oldestAt: number;
}

/** The runners with the same labels and executor. */
export interface RunnerFigures {
  labels: string[];
  executor: string;
  /** How many take builds, and how many are connected and take none: they drain, or lack disk space. */
  taking: number;
  refusing: number;
  /** Slots that a build can be given to now, and slots with a build. */
  freeSlots: number;
  busySlots: number;
}

export interface PoolFigures {
  waiting: WaitingFigures[];
  runners: RunnerFigures[];
}

export function figuresOf(queue: JobQueue, roster: Roster): PoolFigures {
  const waiting = [...queue.needs()].map(({ demand: { labels, isUntrusted }, jobs, oldestAt }) => ({
    labels: [...labels].sort(),
    isUntrusted,
    jobs,
    oldestAt,
  }));
  const runners = [...roster.kinds()].map((kind) => {
    const all = roster.runnersOf([kind]);
    const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
    return {
      labels: [...kind.labels].sort(),
      executor: kind.executor,
      taking: kind.taking,
      refusing: all.length - kind.taking,
      freeSlots: sum(all.filter(takesBuilds).map(({ slots, busy }) => Math.max(0, slots - busy))),
      busySlots: sum(all.map(({ busy }) => busy)),
    };
  });
  return { waiting, runners };
}
