/** Runners: Node processes on Docker hosts that claim jobs. */
import { z } from 'zod';
import { ObjectId, Timestamp } from './ids.ts';

export const RunnerName = z
  .string()
  .min(1)
  .max(60)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'A runner name is letters, digits, dots, hyphens and underscores');

export const RunnerLabel = z
  .string()
  .min(1)
  .max(60)
  .regex(/^[a-z0-9][a-z0-9._-]*$/, 'A label is lower-case letters, digits, dots, hyphens and underscores');

/** How many builds a runner takes at once. */
export const Slots = z.int().min(1).max(64);

/** What a runner builds with: a disposable container for each build, or its own host, without a sandbox. */
export const ExecutorKind = z.enum(['docker', 'host']);
export type ExecutorKind = z.infer<typeof ExecutorKind>;

/**
 * The labels by which an App says that it may be built without a sandbox. A runner with the executor `host` has one of
 * them, and is given no build of an App that does not ask for it.
 */
export const HOST_EXECUTOR_LABELS: readonly string[] = ['host', 'macos'];

export const RunnerStatus = z.enum(['online', 'offline', 'draining']);

/** The malware scanner of a runner, as its owner is shown it. */
export const RunnerScanner = z
  .strictObject({
    /** Whether what cannot be scanned is built (docs/malware-scan.md). */
    policy: z.enum(['required', 'optional', 'off']),
    /** ClamAV's version; null when there is no clamd, or it does not answer. */
    engine: z.string().max(100).nullable(),
    /** When its signatures were made; null when it has none of the official ones. */
    signaturesAt: Timestamp.nullable(),
    /** Set where clamd is there and does not scan yet, since it has no signatures at all. */
    lacksSignatures: z.literal(true).optional(),
  })
  .meta({ id: 'RunnerScanner' });
export type RunnerScanner = z.infer<typeof RunnerScanner>;

/** What a runner's own settings say that it takes; what it is registered for limits it (runner-capacity.ts). */
export const AnnouncedCapacity = z
  .strictObject({ labels: z.array(z.string()), slots: z.int(), executor: ExecutorKind })
  .meta({ id: 'AnnouncedCapacity' });
export type AnnouncedCapacity = z.infer<typeof AnnouncedCapacity>;

export const Runner = z
  .strictObject({
    id: ObjectId,
    name: z.string(),
    /** What it is registered for. */
    labels: z.array(z.string()),
    slots: z.int(),
    /** Of a runner that is connected, where its own settings differ: the pool uses what both allow. */
    announced: AnnouncedCapacity.optional(),
    busy: z.int().min(0),
    version: z.string(),
    status: RunnerStatus,
    lastSeenAt: Timestamp.nullable(),
    createdAt: Timestamp,
    /** Told by a runner that is connected, and not by every one. */
    scanner: RunnerScanner.optional(),
    /** Of a runner that does not build in containers. */
    executor: ExecutorKind.optional(),
  })
  .meta({ id: 'Runner' });
export type Runner = z.infer<typeof Runner>;

export const RegistrationToken = z
  .strictObject({ id: ObjectId, token: z.string(), expiresAt: Timestamp })
  .meta({ id: 'RegistrationToken' });
export type RegistrationToken = z.infer<typeof RegistrationToken>;

export const RegisterRunner = z
  .strictObject({
    token: z.string().min(1).max(200),
    name: RunnerName,
    labels: z.array(RunnerLabel).max(20).default([]),
    slots: Slots.default(1),
    version: z.string().max(40),
    /** Left out, the first connection decides. */
    executor: ExecutorKind.optional(),
  })
  .meta({ id: 'RegisterRunner' });
export type RegisterRunner = z.infer<typeof RegisterRunner>;

/** What people change of a runner's registration. */
export const UpdateRunner = z
  .strictObject({ name: RunnerName, labels: z.array(RunnerLabel).max(20), slots: Slots })
  .partial()
  .meta({ id: 'UpdateRunner' });
export type UpdateRunner = z.infer<typeof UpdateRunner>;

/** The credential is shown this once. */
export const RegisteredRunner = z
  .strictObject({ id: ObjectId, name: z.string(), credential: z.string() })
  .meta({ id: 'RegisteredRunner' });
export type RegisteredRunner = z.infer<typeof RegisteredRunner>;
