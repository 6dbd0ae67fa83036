import { AddDomain, AppFluxError, type Domain } from '@appflux/protocol';
import { domain } from './fixtures.ts';
import type { World } from './world.ts';

/** Adds a domain as the edge does: pending, with the record to create. */
export function addDomain({ domains }: World, body: unknown): Domain {
  const { host, redirectTo = null } = AddDomain.parse(body);
  if (!host.includes('.')) {
    throw new AppFluxError('invalid_domain', `${host} isn’t a domain`, {
      hint: 'Enter a name such as www.example.com.',
    });
  }
  if (domains.some((other) => other.host === host))
    throw new AppFluxError('domain_taken', `harbor-web has the domain ${host} already`);
  const added = domain({ host, redirectTo, status: 'pending', checkedAt: null, error: null });
  domains.push(added);
  return added;
}

/** Checks a domain: the second time, its record is found. */
export function verifyDomain({ domains }: World, host: string): Domain {
  const found = domains.find((other) => other.host === host);
  if (found === undefined) throw new AppFluxError('not_found', `harbor-web has no domain ${host}`);
  const isSeen = found.checkedAt !== null;
  return Object.assign(found, {
    status: isSeen ? 'active' : 'pending',
    error: isSeen ? null : 'DNS has no such record yet.',
    checkedAt: new Date().toISOString(),
    nextCheckAt: new Date(Date.now() + 60_000).toISOString(),
  });
}

/** Removes a domain; those that redirected to it serve the site themselves. */
export function removeDomain(world: World, host: string): void {
  world.domains = world.domains.filter((other) => other.host !== host);
  for (const other of world.domains) if (other.redirectTo === host) other.redirectTo = null;
}
