/** The calls that a start makes to the control plane as its operator. */
import { createClient, isClientError, RefusedError } from '@appflux/client';
import type { Health, InstanceSetUp, Resealed, Runner, UpdateRunner } from '@appflux/protocol';
import { messageOf, StackProblem } from './problem.ts';

/** Timeout of a call, in milliseconds. */
const CALL_WITHIN_MS = 10_000;

export interface ControlPlane {
  /** The state of its parts; null if it does not answer. */
  health(): Promise<Health | null>;
  /** Creates the owner at the first call, and a new single-use sign-in link at each. */
  setUp(bootstrapToken: string | null): Promise<InstanceSetUp>;
  /** A token with which one runner can register. */
  registrationToken(): Promise<string>;
  runners(): Promise<Runner[]>;
  /** Whether a host may have a certificate: it exists, and its team has not had too many. */
  mayHaveCertificate(host: string): Promise<boolean>;
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
  const { instance, operator, runners } = createClient({
    url,
    token: operatorSecret,
    timeoutMs: CALL_WITHIN_MS,
  });
  return {
    async health() {
      try {
        return await instance.health();
      } catch {
        // Not listening, not ready, or not the control plane: null covers all of these.
        return null;
      }
    },
    setUp: (bootstrapToken) => reported(operator.setUp(bootstrapToken === null ? {} : { bootstrapToken })),
    mayHaveCertificate: async (host) => {
      try {
        await operator.requestCertificate(host);
        return true;
      } catch (error) {
        // 404 and 429 are the answer no; anything else is none.
        if (error instanceof RefusedError && error.httpStatus < 500) return false;
        throw error;
      }
    },
    registrationToken: async () => (await reported(runners.createToken())).token,
    reseal: (after) => reported(operator.reseal(after)),
    updateRunner: async (id, change) => {
      await reported(runners.update(id, change));
    },
    runners: () => reported(runners.list()),
  };
}

/** What a call resolves to. Throws StackProblem `edge_failed` with the call and the reason. */
async function reported<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const { method, path } = isClientError(error) ? error.request : { method: 'a', path: 'call' };
    throw new StackProblem(
      'edge_failed',
      `The control plane failed to process ${method} ${path} (${reasonOf(error)})`,
      'see edge.log in the logs folder of the state folder',
      { cause: error },
    );
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof RefusedError) return `${error.httpStatus} ${error.message}`;
  const { cause } = error as { cause?: unknown };
  return cause === undefined ? messageOf(error) : `${messageOf(error)} ${messageOf(cause)}`;
}
