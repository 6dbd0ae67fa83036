/** What the object of operations remembers. */

/** Bytes in storage. */
export interface StoredBytes {
  sources: number;
  artifacts: number;
  logs: number;
  /** False if there are more objects than were counted. */
  complete: boolean;
}

/** A disk as a sample has it. `id` names machine and disk. */
export interface DiskSample {
  id: string;
  totalBytes: number;
  usedBytes: number;
}

/** What was found on a day. */
export interface Sample {
  /** YYYY-MM-DD in UTC. */
  day: string;
  /** Unix milliseconds. */
  at: number;
  disks: DiskSample[];
  /** Null if storage didn't respond. */
  stored: StoredBytes | null;
  /** Bytes of the backups; null if unknown. */
  backupBytes: number | null;
}

/** The last runs of the cron. Times are Unix milliseconds. */
export interface CronRuns {
  startedAt: number;
  /** When one last ended without an error; null before the first. */
  succeededAt: number | null;
  /** Why the last one failed; null if it didn't. */
  error: string | null;
}
