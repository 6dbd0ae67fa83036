/** Runners: Node processes on Docker hosts that claim jobs. */
import { z } from 'zod';
import { ObjectId, Sha256, Timestamp } from './ids.ts';
import { pageOf } from './page.ts';

export const RunnerName = z
  .string()
  .min(1)
  .max(60)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    'A runner name consists of letters, digits, dots, hyphens and underscores',
  );

export const RunnerLabel = z
  .string()
  .min(1)
  .max(60)
  .regex(
    /^[a-z0-9][a-z0-9._-]*$/,
    'A label consists of lower-case letters, digits, dots, hyphens and underscores',
  );

/** How many simultaneous builds a runner accepts. */
export const Slots = z.int().min(1).max(64);

/** Where a runner builds: in a disposable container per build, or directly on its host, without a sandbox. */
export const ExecutorKind = z.enum(['docker', 'host']);
export type ExecutorKind = z.infer<typeof ExecutorKind>;

/**
 * The labels with which an app allows builds without a sandbox. A runner with the executor `host` has one of them,
 * and gets only builds of apps that ask for it.
 */
export const HOST_EXECUTOR_LABELS: readonly string[] = ['host', 'macos'];

export const RunnerStatus = z.enum(['online', 'offline', 'draining']);

/** The malware scanner of a runner, as shown to its owner. */
export const RunnerScanner = z
  .strictObject({
    /** Whether sources are built that cannot be scanned (docs/malware-scan.md). */
    policy: z.enum(['required', 'optional', 'off']),
    /** ClamAV's version; null if there is no clamd, or it does not answer. */
    engine: z.string().max(100).nullable(),
    /** When its signatures were made; null if it has none of the official ones. */
    signaturesAt: Timestamp.nullable(),
    /** Set if clamd runs but does not scan yet, because it has no signatures at all. */
    lacksSignatures: z.literal(true).optional(),
  })
  .meta({ id: 'RunnerScanner' });
export type RunnerScanner = z.infer<typeof RunnerScanner>;

/** The capacity that a runner's own settings specify; its registration limits it (runner-capacity.ts). */
export const AnnouncedCapacity = z
  .strictObject({ labels: z.array(z.string()), slots: z.int(), executor: ExecutorKind })
  .meta({ id: 'AnnouncedCapacity' });
export type AnnouncedCapacity = z.infer<typeof AnnouncedCapacity>;

export const Runner = z
  .strictObject({
    id: ObjectId,
    name: z.string(),
    /** Its registration. */
    labels: z.array(z.string()),
    slots: z.int(),
    /** Only of a connected runner whose own settings differ: the pool uses what both allow. */
    announced: AnnouncedCapacity.optional(),
    busy: z.int().min(0),
    version: z.string(),
    status: RunnerStatus,
    lastSeenAt: Timestamp.nullable(),
    createdAt: Timestamp,
    /** Reported by connected runners, but not by all. */
    scanner: RunnerScanner.optional(),
    /** Only of a runner that does not build in containers. */
    executor: ExecutorKind.optional(),
    /** Only of a runner that ends after its first build. */
    ephemeral: z.literal(true).optional(),
    /** Only of a runner that was refused because its version and that of the instance are too far apart. */
    incompatible: z.enum(['too_old', 'too_new']).optional(),
  })
  .meta({ id: 'Runner' });
export type Runner = z.infer<typeof Runner>;

export const RegistrationToken = z
  .strictObject({ id: ObjectId, token: z.string(), expiresAt: Timestamp })
  .meta({ id: 'RegistrationToken' });
export type RegistrationToken = z.infer<typeof RegistrationToken>;

/** How long a fleet's token may be good for at most, and is if nothing else is asked for, in days. */
export const FLEET_TOKEN_DAYS = { most: 366, usual: 90 } as const;

/** Body of `POST /api/runners/tokens`. Without `reusable`, the token registers one runner and is good for a day. */
export const CreateRegistrationToken = z
  .strictObject({
    /** The token registers any number of runners, until it expires or is revoked. */
    reusable: z.boolean().default(false),
    /** Of a reusable token. */
    name: z.string().trim().min(1).max(80).optional(),
    days: z.int().min(1).max(FLEET_TOKEN_DAYS.most).optional(),
  })
  .refine(({ reusable, name, days }) => reusable || (name === undefined && days === undefined), {
    error: 'Only a reusable token has a name and a time of its own',
  })
  .meta({ id: 'CreateRegistrationToken' });
export type CreateRegistrationToken = z.infer<typeof CreateRegistrationToken>;

/** A reusable registration token, as it is listed. */
export const FleetToken = z
  .strictObject({
    id: ObjectId,
    name: z.string(),
    expiresAt: Timestamp,
    /** When a runner was last registered with it. */
    lastUsedAt: Timestamp.nullable(),
    createdAt: Timestamp,
  })
  .meta({ id: 'FleetToken' });
export type FleetToken = z.infer<typeof FleetToken>;

/** All of a team's: they are few. */
export const FleetTokens = z.strictObject({ items: z.array(FleetToken) }).meta({ id: 'FleetTokens' });

export const RegisterRunner = z
  .strictObject({
    token: z.string().min(1).max(200),
    name: RunnerName,
    labels: z.array(RunnerLabel).max(20).default([]),
    slots: Slots.default(1),
    version: z.string().max(40),
    /** If absent, the first connection decides. */
    executor: ExecutorKind.optional(),
    /** It builds once and then removes its registration. What it leaves behind is removed for it. */
    ephemeral: z.boolean().optional(),
  })
  .meta({ id: 'RegisterRunner' });
export type RegisterRunner = z.infer<typeof RegisterRunner>;

/** The fields of a runner's registration that people can change. */
export const UpdateRunner = z
  .strictObject({ name: RunnerName, labels: z.array(RunnerLabel).max(20), slots: Slots })
  .partial()
  .meta({ id: 'UpdateRunner' });
export type UpdateRunner = z.infer<typeof UpdateRunner>;

/** The credential; it is only shown this time. */
export const RegisteredRunner = z
  .strictObject({ id: ObjectId, name: z.string(), credential: z.string() })
  .meta({ id: 'RegisteredRunner' });
export type RegisteredRunner = z.infer<typeof RegisteredRunner>;

/** Response of `GET /api/runners/installer`: the script that makes a machine a runner of this instance. */
export const RunnerInstaller = z
  .strictObject({
    /** Of the runner that it installs. */
    version: z.string(),
    /** The URL of the instance that the runner will connect to. */
    url: z.url(),
    scriptUrl: z.url(),
    scriptSha256: Sha256,
    /** What the script downloads, and checks. */
    packageSha256: Sha256,
    packageBytes: z.int().min(0),
  })
  .meta({ id: 'RunnerInstaller' });
export type RunnerInstaller = z.infer<typeof RunnerInstaller>;

/** Runners of a team, the newest first. */
export const RunnerPage = pageOf(Runner);

/** Body of `POST /api/runners/:id/drain`. */
export const DrainRunner = z.strictObject({ draining: z.boolean().default(true) });
