/**
 * Between a runner and its pool: one outbound WebSocket to `GET /api/pool/connect`, authorized by the runner's
 * credential. Announced slots are a standing claim; the pool answers with grants.
 */
import { z } from 'zod';
import { ObjectId, Timestamp, VariableName } from './ids.ts';
import { Grant } from './job.ts';
import { LookOutcome, LookTask } from './look.ts';
import { PICTURES, PictureRequest } from './picture.ts';
import { ExecutorKind, RunnerLabel, RunnerScanner, Slots } from './runner.ts';
import { SourceAccess } from './source-access.ts';

/** One try of one deployment. */
export const AttemptRef = z.strictObject({ deploymentId: ObjectId, attempt: z.int().min(1) });
export type AttemptRef = z.infer<typeof AttemptRef>;

/** What a runner says of itself enters sums and forecasts, so it is kept to numbers that are exact. */
const Bytes = z
  .number()
  .nonnegative()
  .overwrite((bytes) => Math.min(bytes, Number.MAX_SAFE_INTEGER));

/** The disk that a runner builds on, in bytes; of several the one with the least to spare. */
export const RunnerDisk = z.strictObject({
  freeBytes: Bytes,
  totalBytes: Bytes,
  /** How much has to be free for another build. */
  minFreeBytes: Bytes,
  /** The runner takes no builds for lack of space. */
  low: z.boolean(),
});
export type RunnerDisk = z.infer<typeof RunnerDisk>;

/** Versions on a runner's machine. */
export const RunnerMachine = z.strictObject({
  node: z.string().max(40),
  /** The engine's; null for a runner that uses none. */
  docker: z.string().max(40).nullable(),
  /** Its builder images, and when each was made. */
  images: z.array(z.strictObject({ name: z.string().max(60), createdAt: Timestamp })).max(12),
});
export type RunnerMachine = z.infer<typeof RunnerMachine>;

export const RunnerToPool = z.discriminatedUnion('type', [
  /**
   * First frame on every connection: the runner's identity, capacity, and current attempts. Labels, slots and
   * executor may narrow the runner's registration; anything beyond it is ignored (runner-capacity.ts).
   */
  z.strictObject({
    type: z.literal('hello'),
    version: z.string().max(40),
    labels: z.array(RunnerLabel).max(20),
    slots: Slots,
    running: z.array(AttemptRef).max(64),
    /**
     * Identifies this process of the runner. A different one than before says that the runner was restarted: attempts
     * that it had accepted and does not list now are over, and were cleaned up.
     */
    session: z.string().min(8).max(64).optional(),
    /** When this changes, the whole frame is sent again. */
    scanner: RunnerScanner.optional(),
    /**
     * Only sent if it is not `docker`. An edge that does not know other executors closes the connection, and grants
     * nothing.
     */
    executor: ExecutorKind.optional(),
  }),
  /** The grant has arrived and is being worked on; the edge need not send it again. */
  z.strictObject({ type: z.literal('accepted'), ...AttemptRef.shape }),
  /** The attempt is over and cleaned up: its slot is free. */
  z.strictObject({ type: z.literal('freed'), ...AttemptRef.shape }),
  /** Only sent to an edge whose `welcome` accepts it: when `low` changes, and now and then. May come before `hello`. */
  z.strictObject({ type: z.literal('disk'), ...RunnerDisk.shape }),
  /** As above: after `welcome`, and when something changes. */
  z.strictObject({ type: z.literal('machine'), ...RunnerMachine.shape }),
  /** As above: whether the runner takes pictures of sites now. One that never says so takes none. */
  z.strictObject({ type: z.literal(PICTURES), ready: z.boolean() }),
  /** As above: after `welcome`. What the runner does besides building, such as `look`. An edge ignores what it doesn't know. */
  z.strictObject({ type: z.literal('features'), features: z.array(z.string().max(40)).max(20) }),
  /**
   * As above: once the runner takes no new builds, because it is about to end. It is sent again on each connection until
   * then.
   */
  z.strictObject({ type: z.literal('leaving') }),
  /** The end of a look. Sent again if the edge asks again. */
  z.strictObject({ type: z.literal('looked'), id: ObjectId, outcome: LookOutcome }),
]);
export type RunnerToPool = z.infer<typeof RunnerToPool>;

/** What a runner is registered for. */
const Registered = z.object({ name: z.string(), labels: z.array(z.string()), slots: z.int() });

/** The longest that a runner is asked to stay away after its connection broke off, in milliseconds. */
export const MAX_RETURN_MS = 60_000;

export const PoolToRunner = z.discriminatedUnion('type', [
  /** `registered` is absent from an edge of version 0.1.0. */
  z.object({
    type: z.literal('welcome'),
    runnerId: ObjectId,
    name: z.string(),
    draining: z.boolean(),
    registered: Registered.optional(),
    /** Types of frames that the edge takes besides those of version 0.1.0. */
    accepts: z.array(z.string()).optional(),
    /**
     * A runner whose connection breaks off comes back at a random moment within so many milliseconds: a deploy of the edge
     * drops all connections together, and a large pool cannot take all of its runners back in one second. Absent in small
     * pools.
     */
    returnWithinMs: z.int().min(0).max(MAX_RETURN_MS).optional(),
  }),
  /** Someone has changed the runner's registration. */
  z.object({ type: z.literal('registered'), registered: Registered }),
  z.object({
    type: z.literal('grant'),
    grant: Grant,
    /**
     * The variables whose values are masked; all if absent. It isn't a member of the grant, because runners that
     * don't know it refuse a grant with unknown members.
     */
    sensitive: z.array(VariableName).optional(),
    /** How the repository is reached, beyond what the job says. Beside the grant for the same reason. */
    source: SourceAccess.optional(),
  }),
  /** Only sent to a runner whose `features` name `look`. Asked again, it reports the same outcome. */
  z.object({ type: z.literal('look'), task: LookTask }),
  /** A draining runner finishes its builds and gets no new ones. */
  z.object({ type: z.literal('drain'), draining: z.boolean() }),
  /** Only sent to a runner that has said that it takes pictures, and that builds nothing. */
  z.object({ type: z.literal('picture'), picture: PictureRequest }),
]);
export type PoolToRunner = z.infer<typeof PoolToRunner>;

/** What a runner receives with a grant. */
export type Granted = Omit<Extract<PoolToRunner, { type: 'grant' }>, 'type'>;
