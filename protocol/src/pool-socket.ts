/**
 * Between a runner and its pool: one outbound WebSocket to `GET /api/pool/connect`, authorised by the
 * runner's credential. Announced slots are a standing claim; the pool answers with grants.
 */
import { z } from 'zod';
import { ObjectId, VariableName } from './ids.ts';
import { Grant } from './job.ts';
import { ExecutorKind, RunnerLabel, RunnerScanner, Slots } from './runner.ts';

/** One try of one deployment. */
export const AttemptRef = z.strictObject({ deploymentId: ObjectId, attempt: z.int().min(1) });
export type AttemptRef = z.infer<typeof AttemptRef>;

export const RunnerToPool = z.discriminatedUnion('type', [
  /**
   * First frame on every connection: who I am, what I take, and which attempts I hold right now. Labels, slots and
   * executor may narrow what the runner is registered for; what goes beyond it is not used (runner-capacity.ts).
   */
  z.strictObject({
    type: z.literal('hello'),
    version: z.string().max(40),
    labels: z.array(RunnerLabel).max(20),
    slots: Slots,
    running: z.array(AttemptRef).max(64),
    /**
     * Of this process of the runner. Another one than before says that it was started anew: what it had accepted until
     * then and does not hold now is over, and swept away.
     */
    session: z.string().min(8).max(64).optional(),
    /** When this changes, the whole frame is sent again. */
    scanner: RunnerScanner.optional(),
    /** Said where it is not `docker`. An edge that does not know of others closes the connection, and gives nothing. */
    executor: ExecutorKind.optional(),
  }),
  /** The grant has arrived and is being worked on; it need not be sent again. */
  z.strictObject({ type: z.literal('accepted'), ...AttemptRef.shape }),
  /** The attempt is over and cleaned up after: its slot is free. */
  z.strictObject({ type: z.literal('freed'), ...AttemptRef.shape }),
]);
export type RunnerToPool = z.infer<typeof RunnerToPool>;

/** What a runner is registered for. */
const Registered = z.object({ name: z.string(), labels: z.array(z.string()), slots: z.int() });

export const PoolToRunner = z.discriminatedUnion('type', [
  /** `registered` is absent where the edge is of version 0.1.0. */
  z.object({
    type: z.literal('welcome'),
    runnerId: ObjectId,
    name: z.string(),
    draining: z.boolean(),
    registered: Registered.optional(),
  }),
  /** Somebody has changed what the runner is registered for. */
  z.object({ type: z.literal('registered'), registered: Registered }),
  z.object({
    type: z.literal('grant'),
    grant: Grant,
    /**
     * The variables whose values are masked; all when absent. It isn't a member of the grant, because runners that don't
     * know it refuse a grant with unknown members.
     */
    sensitive: z.array(VariableName).optional(),
  }),
  /** A draining runner finishes what it holds and gets nothing new. */
  z.object({ type: z.literal('drain'), draining: z.boolean() }),
]);
export type PoolToRunner = z.infer<typeof PoolToRunner>;

/** What a runner receives with a grant. */
export type Granted = Omit<Extract<PoolToRunner, { type: 'grant' }>, 'type'>;
