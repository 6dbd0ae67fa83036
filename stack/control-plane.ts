/** The calls that a start makes to the control plane as its operator. */
import { Health, RegistrationToken, Runner, type UpdateRunner } from '@appflux/protocol';
import { z } from 'zod';
import { messageOf, StackProblem } from './problem.ts';

/** Timeout of a call, in milliseconds. */
const CALL_WITHIN_MS = 10_000;

const SetUp = z.object({
  owner: z.object({ id: z.string() }),
  signIn: z.object({ url: z.url(), expiresAt: z.string() }),
});
export type SetUp = z.infer<typeof SetUp>;

const RunnerList = z.object({ items: z.array(Runner) });

const Resealed = z.object({ resealed: z.int(), next: z.string().nullable() });
export type Resealed = z.infer<typeof Resealed>;

export interface ControlPlane {
  /** The state of its parts; null if it does not answer. */
  health(): Promise<Health | null>;
  /** Creates the owner at the first call, and a new single-use sign-in link at each. */
  setUp(bootstrapToken: string | null): Promise<SetUp>;
  /** A token with which one runner can register. */
  registrationToken(): Promise<string>;
  runners(): Promise<Runner[]>;
  /** Changes what a runner is registered for. */
  updateRunner(id: string, change: UpdateRunner): Promise<void>;
  /**
   * Seals the values of some apps again with the current key, those after `after`. Returns how many values, and where
   * to continue.
   */
  reseal(after: string | null): Promise<Resealed>;
}

/** A client for the control plane at `url`. Its calls throw StackProblem `edge_failed` if they are refused. */
export function controlPlane(url: string, operatorSecret: string): ControlPlane {
  const call = async <T>(method: string, path: string, answer: z.ZodType<T>, body?: unknown): Promise<T> => {
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${operatorSecret}`,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(CALL_WITHIN_MS),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${response.status} ${text.slice(0, 300)}`);
      return answer.parse(JSON.parse(text));
    } catch (error) {
      throw new StackProblem(
        'edge_failed',
        `The control plane failed to process ${method} ${path} (${messageOf(error)})`,
        'see edge.log in the logs folder of the state folder',
        { cause: error },
      );
    }
  };
  return {
    async health() {
      try {
        const response = await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(CALL_WITHIN_MS) });
        return Health.parse(await response.json());
      } catch {
        // Not listening, not ready, or not the control plane: null covers all of these.
        return null;
      }
    },
    setUp: (bootstrapToken) =>
      call('POST', '/api/ops/setup', SetUp, bootstrapToken === null ? {} : { bootstrapToken }),
    registrationToken: async () => (await call('POST', '/api/runners/tokens', RegistrationToken)).token,
    reseal: (after) => call('POST', '/api/ops/reseal', Resealed, { after }),
    updateRunner: async (id, change) => {
      await call('PATCH', `/api/runners/${id}`, Runner, change);
    },
    runners: async () => (await call('GET', '/api/runners', RunnerList)).items,
  };
}
