/** What the operator of an instance sees at a glance: health, what is stuck, disks, versions, the last backup, errors. */
import { z } from 'zod';
import { ObjectId, Slug, Timestamp, UserId } from './ids.ts';
import { BackupStatus } from './operator.ts';
import { RunnerMachine } from './pool-socket.ts';

/** `unknown`: it could not be read. `off`: not set up, which is a choice. */
export const HealthLevel = z.enum(['ok', 'warn', 'down', 'unknown', 'off']);
export type HealthLevel = z.infer<typeof HealthLevel>;

export const HealthPart = z.enum([
  'metadata',
  'storage',
  'queue',
  'objects',
  'cron',
  'runners',
  'scanner',
  'certificates',
  'mail',
  'backup',
  'disk',
]);
export type HealthPart = z.infer<typeof HealthPart>;

/** How one part of the instance is. */
export const PartState = z
  .strictObject({
    part: HealthPart,
    level: HealthLevel,
    summary: z.string(),
    /** What to do; null if nothing has to be done. */
    advice: z.string().nullable(),
  })
  .meta({ id: 'PartState' });
export type PartState = z.infer<typeof PartState>;

export const StuckKind = z.enum([
  'queued_unclaimed',
  'queued_without_runner',
  'queued_lost',
  'lease_expired',
  'build_silent',
  'publishing_slow',
  'canceling_slow',
  'runner_offline_with_job',
  'uploads_left',
  'dead_letters',
  'outbox_unsent',
  'sweep_overdue',
]);
export type StuckKind = z.infer<typeof StuckKind>;

/** Something that should have moved on by now. */
export const StuckItem = z
  .strictObject({
    kind: StuckKind,
    since: Timestamp,
    summary: z.string(),
    advice: z.string(),
    /** Null if it is not about one deployment. */
    deploymentId: ObjectId.nullable(),
    /** The team of that deployment or runner; null if it is about the whole instance. */
    teamId: UserId.nullable(),
  })
  .meta({ id: 'StuckItem' });
export type StuckItem = z.infer<typeof StuckItem>;

/** Free space of a file system. */
export const DiskUse = z
  .strictObject({
    /** `runner`: the disk that a runner builds on. */
    what: z.enum(['state', 'engine', 'runner']),
    totalBytes: z.number().nonnegative(),
    freeBytes: z.number().nonnegative(),
  })
  .meta({ id: 'DiskUse' });
export type DiskUse = z.infer<typeof DiskUse>;

/** When a disk is full if it goes on filling as in the last days. */
export const Forecast = z
  .discriminatedUnion('kind', [
    /** `samples` of the `needed` daily samples exist. */
    z.strictObject({ kind: z.literal('too_few_samples'), samples: z.int(), needed: z.int() }),
    z.strictObject({ kind: z.literal('not_growing') }),
    z.strictObject({
      kind: z.literal('growing'),
      bytesPerDay: z.number().positive(),
      /** Whole days until no byte is free; null if that takes more than two years. */
      fullInDays: z.int().nonnegative().nullable(),
    }),
  ])
  .meta({ id: 'Forecast' });
export type Forecast = z.infer<typeof Forecast>;

export const ReportedDisk = DiskUse.extend({
  /** The machine: `instance`, or the name of a runner. */
  on: z.string(),
  forecast: Forecast,
}).meta({ id: 'ReportedDisk' });
export type ReportedDisk = z.infer<typeof ReportedDisk>;

export const StorageKind = z.enum(['sources', 'artifacts', 'logs', 'backups']);
export type StorageKind = z.infer<typeof StorageKind>;

/** What storage held when it was last measured. */
export const StorageUse = z
  .strictObject({
    measuredAt: Timestamp,
    /** Bytes by kind; null if unknown. */
    bytes: z.strictObject({
      sources: z.number().nonnegative(),
      artifacts: z.number().nonnegative(),
      logs: z.number().nonnegative(),
      backups: z.number().nonnegative().nullable(),
    }),
    /** False if there are more objects than a measurement counts: then there are more bytes than these. */
    complete: z.boolean(),
    /** How all of it together has grown in the last days. */
    growth: Forecast,
  })
  .meta({ id: 'StorageUse' });
export type StorageUse = z.infer<typeof StorageUse>;

/** What the program that runs an instance on one machine knows of that machine. */
export const MachineStatus = z.strictObject({
  disks: z.array(DiskUse).max(10),
  versions: z.strictObject({
    node: z.string().max(40),
    docker: z.string().max(40).nullable(),
    /** The format of the state folder; null if it doesn't say. */
    stateFormat: z.string().max(40).nullable(),
  }),
});
export type MachineStatus = z.infer<typeof MachineStatus>;

export const RunnerVersion = z
  .strictObject({
    id: ObjectId,
    name: z.string(),
    teamId: UserId,
    version: z.string(),
    isOnline: z.boolean(),
    /** Older than the control plane. */
    isOlder: z.boolean(),
    lastSeenAt: Timestamp.nullable(),
    /** When the signatures of its malware scanner were made; null if unknown. */
    signaturesAt: Timestamp.nullable(),
    /** Versions on its machine, as it last reported them; null if it never did. */
    machine: RunnerMachine.nullable(),
  })
  .meta({ id: 'RunnerVersion' });
export type RunnerVersion = z.infer<typeof RunnerVersion>;

export const InstanceVersions = z
  .strictObject({
    controlPlane: z.string(),
    /** Null where no program of this machine answers, as on Cloudflare. */
    node: z.string().nullable(),
    docker: z.string().nullable(),
    stateFormat: z.string().nullable(),
    runners: z.array(RunnerVersion),
  })
  .meta({ id: 'InstanceVersions' });
export type InstanceVersions = z.infer<typeof InstanceVersions>;

/** Errors that read the same but for ids, numbers and paths. */
export const ErrorGroup = z
  .strictObject({
    id: z.string(),
    /** The route, queue, cron or object that they come from. */
    source: z.string(),
    /** An error code of the API, or the name of the error's class. */
    code: z.string(),
    /** The message, with placeholders. */
    message: z.string(),
    /** How many within the last 24 hours. */
    count: z.int().positive(),
    firstSeenAt: Timestamp,
    lastSeenAt: Timestamp,
    /** One of them. */
    sample: z.strictObject({
      message: z.string(),
      /** As in the header `X-Request-Id` and in the log; null if it was no request. */
      requestId: z.string().nullable(),
    }),
  })
  .meta({ id: 'ErrorGroup' });
export type ErrorGroup = z.infer<typeof ErrorGroup>;

/** Deployments that failed with the same code within the last 24 hours. */
export const FailureGroup = z
  .strictObject({
    code: z.string(),
    count: z.int().positive(),
    lastAt: Timestamp,
    /** The newest of them. */
    deploymentId: ObjectId,
    app: Slug,
    teamId: UserId,
  })
  .meta({ id: 'FailureGroup' });
export type FailureGroup = z.infer<typeof FailureGroup>;

/** A section is null if it could not be read. */
export const Overview = z
  .strictObject({
    at: Timestamp,
    health: z.array(PartState),
    /** Deployments that have not ended. */
    unended: z.strictObject({ queued: z.int(), building: z.int(), canceling: z.int() }).nullable(),
    /** `isCut`: there is more than was checked. */
    stuck: z.strictObject({ items: z.array(StuckItem), isCut: z.boolean() }),
    disks: z.array(ReportedDisk).nullable(),
    /** Null within the value until the first measurement. */
    storage: z.strictObject({ use: StorageUse.nullable() }).nullable(),
    versions: InstanceVersions.nullable(),
    backup: z
      .strictObject({
        status: BackupStatus.nullable(),
        ageSeconds: z.number().nonnegative().nullable(),
      })
      .nullable(),
    errors: z.array(ErrorGroup).nullable(),
    failures: z.array(FailureGroup).nullable(),
  })
  .meta({ id: 'Overview' });
export type Overview = z.infer<typeof Overview>;
