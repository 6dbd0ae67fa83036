/** A job that waits in a pool, and its place among the others. Pure. */

export interface WaitingJob {
  deploymentId: string;
  appId: string;
  branch: string | null;
  environment: string;
  /** A runner has to have all of these. */
  labels: readonly string[];
  /** How many builds of the App may run at the same time. */
  concurrency: number;
  createdAt: number;
  /** Whether its code is a stranger's. Absent in jobs of earlier versions. */
  isUntrusted?: boolean;
}

/** What a job needs of a runner. */
export interface Demand {
  readonly labels: readonly string[];
  readonly isUntrusted: boolean;
}

/** How many builds each App has running. */
export type Running = ReadonlyMap<string, number>;

/** The order within a line, and between Apps with equally many builds. */
export const older = (
  a: Pick<WaitingJob, 'deploymentId' | 'createdAt'>,
  b: Pick<WaitingJob, 'deploymentId' | 'createdAt'>,
): number => a.createdAt - b.createdAt || compareTexts(a.deploymentId, b.deploymentId);

const compareTexts = (a: string, b: string) => Number(a > b) - Number(a < b);

/** Builds of one App, branch and environment wait in one line. */
export const lineOf = (job: Pick<WaitingJob, 'appId' | 'branch' | 'environment'>): string =>
  JSON.stringify([job.appId, job.branch, job.environment]);

/** The jobs that a newer job of the same App, branch and environment makes pointless, oldest first. */
export function superseded(jobs: readonly WaitingJob[]): { job: WaitingJob; by: WaitingJob }[] {
  const sorted = [...jobs].sort(older);
  const newest = new Map(sorted.map((job) => [lineOf(job), job]));
  return sorted.flatMap((job) => {
    const by = newest.get(lineOf(job));
    return by === undefined || by === job ? [] : [{ job, by }];
  });
}
