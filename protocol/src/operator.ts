/** What the operator of an instance does with it: setup, one-time links, retention, key rotation, dead letters. */
import { z } from 'zod';
import { ObjectId, Slug, Timestamp, UserId } from './ids.ts';

/** The bootstrap token becomes an API token of the owner, once. */
export const SetUpInstance = z.strictObject({
  bootstrapToken: z
    .string()
    .min(32)
    .max(200)
    .regex(/^[A-Za-z0-9._~+/-]+=*$/, 'A token is letters, digits and . _ ~ + / - (RFC 6750 §2.1)')
    .optional(),
});
export type SetUpInstance = z.infer<typeof SetUpInstance>;

/** A link that signs a person in once. */
export const SignInLink = z.strictObject({ url: z.url(), expiresAt: Timestamp }).meta({ id: 'SignInLink' });
export type SignInLink = z.infer<typeof SignInLink>;

export const InstanceSetUp = z
  .strictObject({ owner: z.strictObject({ id: UserId }), signIn: SignInLink })
  .meta({ id: 'InstanceSetUp' });
export type InstanceSetUp = z.infer<typeof InstanceSetUp>;

/** Something that retention removed, or would remove. */
export const SweptItem = z
  .strictObject({
    what: z.enum(['artifacts', 'log', 'source']),
    /** Null for a source. */
    app: Slug.nullable(),
    deploymentId: ObjectId.nullable(),
    /** Null for everything but a source. */
    uploadId: ObjectId.nullable(),
    /** Null if the size is unknown. */
    bytes: z.int().nullable(),
  })
  .meta({ id: 'SweptItem' });
export type SweptItem = z.infer<typeof SweptItem>;

/** Something that could not be removed; the next sweep retries it. */
export const SweepFailure = z
  .strictObject({ app: Slug, deploymentId: ObjectId, message: z.string() })
  .meta({ id: 'SweepFailure' });
export type SweepFailure = z.infer<typeof SweepFailure>;

export const SweepReport = z
  .strictObject({
    dryRun: z.boolean(),
    items: z.array(SweptItem),
    failures: z.array(SweepFailure),
    /** Where the next call continues; null when everything was checked. */
    next: z.string().nullable(),
  })
  .meta({ id: 'SweepReport' });
export type SweepReport = z.infer<typeof SweepReport>;

/** Where a rotation of the sealing key continues: an app, or a file of it. */
export const ResealPosition = z
  .string()
  .regex(
    /^(?:[0-9a-f]{24}(?:\.[0-9a-f]{24})?|hooks\.[0-9a-f]{24})$/,
    'Pass `next` of the previous response unchanged',
  )
  .nullable();

export const Reseal = z.strictObject({ after: ResealPosition.default(null) }).meta({ id: 'Reseal' });

export const Resealed = z
  .strictObject({
    /** How many values and files were sealed again. */
    resealed: z.int(),
    /** Where the next call continues; null at the end. */
    next: ResealPosition,
  })
  .meta({ id: 'Resealed' });
export type Resealed = z.infer<typeof Resealed>;

/** A message that a queue could not deliver. */
export const DeadLetter = z
  .strictObject({
    id: ObjectId,
    kind: z.enum(['offer', 'event', 'log_tail', 'downloads', 'notification']),
    /** Null for downloads, which belong to many deployments. */
    deploymentId: ObjectId.nullable(),
    /** The number of the event; null for other kinds. */
    seq: z.int().nullable(),
    failedAt: Timestamp,
  })
  .meta({ id: 'DeadLetter' });
export type DeadLetter = z.infer<typeof DeadLetter>;

/** How the backups of an instance go, as its backup command reports it. */
export const BackupStatus = z
  .strictObject({
    /** The moment that the newest snapshot shows; null if none was ever made. */
    succeededAt: Timestamp.nullable(),
    /** Where that snapshot is: a path or an `s3://` URL. */
    target: z.string().max(2_000).nullable(),
    /** Why the last attempt failed; null if it succeeded. */
    error: z.string().max(2_000).nullable(),
    /** When the last attempt was made. */
    triedAt: Timestamp,
    /** The cron expression of the schedule; null without one. */
    schedule: z.string().max(200).nullable(),
    /** When the schedule makes the next one. Absent in reports of earlier versions, and null without a schedule. */
    nextAt: Timestamp.nullable().optional(),
    /** When it was last verified (`npm run backup -- verify`). Absent in a report that doesn't know: it stays as it was. */
    verifiedAt: Timestamp.nullable().optional(),
    /** Bytes of all snapshots together. Absent as above. */
    bytes: z.number().nonnegative().nullable().optional(),
  })
  .meta({ id: 'BackupStatus' });
export type BackupStatus = z.infer<typeof BackupStatus>;

/** The answer of `GET /api/ops/backup`. */
export const Backups = z
  .strictObject({
    /** Null until a backup reports. */
    status: BackupStatus.nullable(),
    /** Seconds since the moment that the newest snapshot shows; null without one. */
    ageSeconds: z.number().nonnegative().nullable(),
  })
  .meta({ id: 'Backups' });
export type Backups = z.infer<typeof Backups>;

/** Why an instance is in maintenance, and since when. */
export const MaintenanceNotice = z
  .strictObject({ since: Timestamp, reason: z.string().nullable() })
  .meta({ id: 'MaintenanceNotice' });
export type MaintenanceNotice = z.infer<typeof MaintenanceNotice>;

/** Turns maintenance on or off. The reason is shown to everyone who uses the instance. */
export const SetMaintenance = z
  .strictObject({ on: z.boolean(), reason: z.string().trim().min(1).max(300).optional() })
  .meta({ id: 'SetMaintenance' });
export type SetMaintenance = z.infer<typeof SetMaintenance>;

/** Whether new builds are held, and what there is to build. */
export const Maintenance = z
  .strictObject({
    on: z.boolean(),
    /** Null while it is off. */
    since: Timestamp.nullable(),
    /** Null while it is off, and if none was given. */
    reason: z.string().nullable(),
    /** Builds that runners work on. */
    running: z.int().nonnegative(),
    /** Builds that wait for a runner. */
    queued: z.int().nonnegative(),
  })
  .meta({ id: 'Maintenance' });
export type Maintenance = z.infer<typeof Maintenance>;
