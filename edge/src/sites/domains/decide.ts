/** What a check of a domain leads to, and when it is checked again. Pure; times are Unix milliseconds. */
import type { DomainChange, DomainRecord } from '../../metadata/domains.ts';
import type { HostnameState } from './custom-hostnames.ts';

const SECOND_MS = 1000;
const DAY_MS = 24 * 60 * 60 * SECOND_MS;

/** A domain that isn't verified by then is given up. */
export const GIVE_UP_AFTER_MS = 7 * DAY_MS;

/** The first checks are this long apart; later ones take a quarter of the time that it already took. */
const FIRST_PAUSE_MS = 15 * SECOND_MS;
const LONGEST_PAUSE_MS = 60 * 60 * SECOND_MS;

/** What a check has found. */
export interface Findings {
  /** Whether DNS has a record that proves it; null if DNS could not be asked. */
  readonly proven: boolean | null;
  /** The state of its custom hostname; `unneeded` where certificates aren't Cloudflare's; null if there is none (yet). */
  readonly hostname: HostnameState | 'unneeded' | null;
  /** Why something could not be found out. */
  readonly problem: string | null;
  /** Not before so many milliseconds: a service asked for that. */
  readonly waitMs: number;
}

/** What changes of a domain after a check. */
export function decide(domain: DomainRecord, findings: Findings, now: number): DomainChange {
  const { hostname } = findings;
  const isActive = domain.status === 'active';
  const asked =
    hostname === 'unneeded' || hostname === null
      ? {}
      : { hostnameId: hostname.id, hostnameRecords: hostname.records };
  const checked = { ...asked, checkedAt: iso(now) };
  if (isFulfilled(findings))
    return { ...checked, status: 'active', error: null, pendingSince: null, nextCheckAt: iso(now + DAY_MS) };
  const error = reasonOf(domain, findings);
  // What is reached by visitors stays so: a record that is gone keeps them away by itself.
  if (isActive) return { ...checked, error, nextCheckAt: iso(now + DAY_MS) };
  const since = domain.pendingSince === null ? now : Date.parse(domain.pendingSince);
  const isOver =
    now - since >= GIVE_UP_AFTER_MS || (hostname !== 'unneeded' && hostname?.state === 'refused');
  if (isOver) return { ...checked, status: 'failed', error, pendingSince: null, nextCheckAt: null };
  return {
    ...checked,
    status: 'pending',
    error,
    pendingSince: iso(since),
    nextCheckAt: iso(now + Math.max(pauseAfter(now - since), findings.waitMs)),
  };
}

/** A domain that is checked again: a person asked for it after it had failed. */
export const renewed = (now: number): DomainChange => ({
  status: 'pending',
  pendingSince: iso(now),
  nextCheckAt: iso(now),
});

/** The pause before the next check of a domain that has been pending for so long. */
export const pauseAfter = (pendingMs: number): number =>
  Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, Math.round(pendingMs / 4)));

const isFulfilled = ({ proven, hostname }: Findings): boolean =>
  proven === true && (hostname === 'unneeded' || hostname?.state === 'active');

function reasonOf({ status, host }: DomainRecord, { proven, hostname, problem }: Findings): string {
  if (problem !== null) return problem;
  if (proven === false)
    return status === 'active'
      ? `The record of ${host} that proved it is gone. The domain works while its DNS leads here.`
      : `DNS has no such record yet. New records can take some minutes to be seen.`;
  const reason = hostname === 'unneeded' || hostname === null ? null : hostname.reason;
  return reason ?? 'Cloudflare is issuing the certificate. This usually takes a few minutes.';
}

const iso = (ms: number): string => new Date(ms).toISOString();
