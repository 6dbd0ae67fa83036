/** The custom domains of apps. */
import { type AddDomain, Domain, DomainList } from '@appflux/protocol';
import { type CallOptions, type Calls, path } from '../http/calls.ts';

export const domains = (calls: Calls) => ({
  /** All of an app, by host. */
  list: (slug: string, options: CallOptions = {}): Promise<DomainList> =>
    calls.json(DomainList, 'GET', path`/api/apps/${slug}/domains`, options),
  add: (slug: string, domain: AddDomain, options: CallOptions = {}): Promise<Domain> =>
    calls.json(Domain, 'POST', path`/api/apps/${slug}/domains`, { body: domain, ...options }),
  /** Checks its DNS records now. */
  verify: (slug: string, host: string, options: CallOptions = {}): Promise<Domain> =>
    calls.json(Domain, 'POST', path`/api/apps/${slug}/domains/${host}/verify`, options),
  remove: (slug: string, host: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/apps/${slug}/domains/${host}`, options),
});
