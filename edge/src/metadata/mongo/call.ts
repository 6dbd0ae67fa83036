/** What passes between the Worker and the object that keeps the connection to MongoDB. */
import type { ErrorCode } from '@appflux/protocol';
import type { Metadata } from '../metadata.ts';

/** A call of the backend: the store (null for the backend's own methods), its method, and the arguments. */
export interface Call {
  store: string | null;
  method: string;
  args: unknown[];
}

type MethodOf<Store> = Store extends (...args: never[]) => unknown ? never : keyof Store;

/** Methods that change nothing, whichever store has them: calling one again is harmless. */
const READS: ReadonlySet<unknown> = new Set<MethodOf<Metadata[keyof Metadata]> | 'ping'>([
  'abandoned',
  'active',
  'all',
  'app',
  'buildLimits',
  'builtFrom',
  'byCredentialHash',
  'byDeployment',
  'byEmail',
  'byGithubId',
  'byHash',
  'byId',
  'byIds',
  'byLabel',
  'bySlug',
  'count',
  'deployments',
  'dueSchedules',
  'ended',
  'favourites',
  'find',
  'get',
  'githubApps',
  'history',
  'inactive',
  'installation',
  'installations',
  'isAlive',
  'lastEnded',
  'list',
  'newest',
  'ofRepository',
  'ofUser',
  'one',
  'owner',
  'page',
  'phases',
  'pictures',
  'ping',
  'published',
  'recent',
  'releases',
  'runners',
  'sealed',
  'signingKey',
  'summaries',
  'teams',
  'unended',
  'unendedOf',
  'unused',
  'withContent',
]);

/** Whether a method of the store reads only. */
export const isRead = (method: string): boolean => READS.has(method);

/** How it went. Refusals travel as values: an error that passes between Workers keeps its message and nothing else. */
export type Answer =
  | { value: unknown }
  | { refused: { code: ErrorCode; message: string; hint?: string; retryAfterSeconds?: number } };

/** What of the object's stub is used. */
export interface Callee {
  call(call: Call): Promise<Answer>;
}
