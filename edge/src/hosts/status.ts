/** What the program that runs an instance on one machine knows of its addresses. */
import { AddressStatus } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';

/** How long its answer may take, in milliseconds: it asks DNS. */
const ANSWER_WITHIN_MS = 12_000;

/**
 * Its certificates, and which of the hosts don't resolve. Null where there is no such program (on Cloudflare), or it does
 * not answer.
 */
export async function addressStatus(env: Env, hosts: readonly string[]): Promise<AddressStatus | null> {
  if (!env.ADDRESS_STATUS_URL) return null;
  const url = new URL(env.ADDRESS_STATUS_URL);
  for (const host of hosts) url.searchParams.append('host', host);
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS), redirect: 'manual' });
    return AddressStatus.parse(await response.json());
  } catch (error) {
    // What else the instance knows of its addresses is of use without it.
    journal.error('the status of addresses is not available', error);
    return null;
  }
}
