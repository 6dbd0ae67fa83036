/** Private sites. */
import { type OpenSite, SiteOpening } from '@appflux/protocol';
import type { CallOptions, Calls } from '../http/calls.ts';

export const sites = (calls: Calls) => ({
  /** The URL that opens a private site as a member of its team, in the browser that asked for it. */
  open: (site: OpenSite, options: CallOptions = {}): Promise<SiteOpening> =>
    calls.json(SiteOpening, 'POST', '/api/site-access', { body: site, ...options }),
});
