/** What a scrape found, before it is written as metrics. Null stands for what could not be read. */
import type { BackupStatus, CertificateState, PhaseSpan, RunnerDisk, RunnerScanner } from '@appflux/protocol';
import type { IsolateCounts } from '../isolate-counts.ts';
import type { DeploymentCounts } from '../metadata/metrics.ts';
import type { CronRuns, Sample } from '../operations/records.ts';
import type { CurrentDisk } from '../overview/disks.ts';
import type { Measured } from '../retention/measured.ts';

export interface PoolFacts {
  waiting: number;
  online: readonly {
    name: string;
    slots: number;
    busy: number;
    draining: boolean;
    scanner?: RunnerScanner | undefined;
    disk?: RunnerDisk;
  }[];
}

export interface Facts {
  version: string;
  /** Unix milliseconds. */
  now: number;
  parts: Readonly<Record<'metadata' | 'storage' | 'queue', boolean>>;
  /** `isCut`: there are more teams than were read. */
  deployments: (DeploymentCounts & { isCut: boolean }) | null;
  phases: { spans: readonly (readonly PhaseSpan[])[]; isCut: boolean } | null;
  runners: { registered: number; pools: readonly PoolFacts[]; isCut: boolean } | null;
  queue: { messages: number; bytes: number } | null;
  /** `measured` is null before a retention round was complete, `sample` before the first daily one. */
  storage: { measured: Measured | null; sample: Sample | null } | null;
  disks: readonly CurrentDisk[] | null;
  /** `runs` is null before the cron ran. */
  cron: { runs: CronRuns | null } | null;
  /** Errors in the log of the last 24 hours. */
  errors: { count: number } | null;
  certificates: { dashboard: string; states: readonly CertificateState[] } | null;
  /** `status` is null before a backup was reported. */
  backup: { status: BackupStatus | null } | null;
  maintenance: { on: boolean } | null;
  isolate: IsolateCounts;
}

/** The groups of metrics that are read by themselves. */
export const COLLECTORS = [
  'deployments',
  'phases',
  'runners',
  'queue',
  'storage',
  'disks',
  'cron',
  'errors',
  'certificates',
  'backup',
  'maintenance',
] as const;
