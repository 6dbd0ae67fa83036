/** Whether the names of an instance lead anywhere. What does not resolve yet is no reason to stay down: it is a warning. */
import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Addresses } from './addresses.ts';
import { isAddress, isLoopback } from './host.ts';

/** How long an answer may take, in milliseconds. */
const ANSWER_WITHIN_MS = 5_000;

/** Gives the addresses of a name; rejects when it has none. */
export type Resolve = (name: string) => Promise<readonly string[]>;

const resolveBySystem: Resolve = async (name) =>
  (await lookup(name, { all: true })).map(({ address }) => address);

/** The addresses of a name, none if it doesn't resolve; null when there was no answer in time. */
export async function addressesFor(
  name: string,
  resolve: Resolve = resolveBySystem,
): Promise<readonly string[] | null> {
  const answer = resolve(name).catch(() => {
    // Whatever the reason, visitors would have none either.
    return [];
  });
  return Promise.race([answer, sleep(ANSWER_WITHIN_MS, null, { ref: false })]);
}

/** Whether a name resolves; null when there was no answer in time. */
export async function resolves(name: string, resolve?: Resolve): Promise<boolean | null> {
  const addresses = await addressesFor(name, resolve);
  return addresses === null ? null : addresses.length > 0;
}

/** A name below a domain that nobody has made a record for: it resolves only by a wildcard. */
export const unusedBelow = (domain: string): string => `check-${randomBytes(6).toString('hex')}.${domain}`;

/** Whether every name below the domain resolves; null when there was no answer in time. */
export const hasWildcard = (domain: string, resolve?: Resolve): Promise<boolean | null> =>
  resolves(unusedBelow(domain), resolve);

/** A sentence for each name that visitors could not resolve. */
export async function unresolvedNames(
  { publicHost, sitesHost }: Pick<Addresses, 'publicHost' | 'sitesHost'>,
  resolve?: Resolve,
): Promise<string[]> {
  const needsRecord = (name: string) => !isLoopback(name) && !isAddress(name);
  const [dashboard, sites] = await Promise.all([
    needsRecord(publicHost) ? resolves(publicHost, resolve) : true,
    needsRecord(sitesHost) ? hasWildcard(sitesHost, resolve) : true,
  ]);
  return [
    ...(dashboard === false
      ? [`${publicHost} does not resolve: add a DNS record for it that leads to this machine.`]
      : []),
    ...(sites === false
      ? [`*.${sitesHost} does not resolve: add a wildcard DNS record, or one record per App.`]
      : []),
  ];
}
