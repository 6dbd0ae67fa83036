/**
 * A deployment whose output was built elsewhere. Its deliverer holds the lease of its only attempt, from the
 * moment of its creation: no runner is offered it, and it is never tried again. Pure.
 */
import { type Failure, failure, LEASE_MS, type PrebuiltGrant } from '@appflux/protocol';
import type { Caller } from '../identity/caller.ts';
import type { Effect } from './lifecycle.ts';
import type { Spec, State } from './state.ts';

/** A caller of the API who delivers a prebuilt output, in the place of a runner. */
export interface Deliverer {
  readonly id: string;
  readonly name: string;
}

/** Whether the deployment's output was built elsewhere. */
export const isPrebuilt = ({ source }: Pick<Spec, 'source'>): boolean => source.kind === 'prebuilt';

/** A caller of the API as the holder of a lease. The id is none that a runner can have. */
export const delivererOf = ({ kind, id, name }: Pick<Caller, 'kind' | 'id' | 'name'>): Deliverer => ({
  id: `${kind}:${id ?? ''}`,
  name,
});

/** The first line of the log, by the edge itself: the deliverer can't leave it out. */
export const announced = ({ name }: Deliverer): Effect[] => [
  {
    type: 'say',
    text: `Prebuilt output, delivered by ${name}. AppFlux did not build it and did not scan it for malware.`,
  },
];

/** Why the deployment failed when its deliverer was lost: a code that older runners know, too. `what` says how, as in "gave no sign of life". */
export function interrupted({ lease, phase }: State, what: string): Failure {
  const name = lease?.runner.name ?? 'The program that delivered the output';
  const hint = 'The program that delivers the output must run until the end. Deploy the output again.';
  return failure('upload_failed', `${name} ${what} before the output was delivered`, phase, hint);
}

/** What the deliverer needs for the attempt; null when they don't hold its lease. */
export function grantOf(spec: Spec, { attempt, lease }: State, deliverer: Deliverer): PrebuiltGrant | null {
  if (lease === null || lease.runner.id !== deliverer.id) return null;
  const { timeoutSeconds, logBytes, artifactBytes } = spec.limits;
  return {
    attempt,
    leaseToken: lease.token,
    leaseSeconds: LEASE_MS / 1000,
    limits: { timeoutSeconds, logBytes, artifactBytes },
  };
}
