/** How a visitor of a private site signs in as a member of its team. */
import { z } from 'zod';
import { Slug } from './ids.ts';

/**
 * Body of `POST /api/site-access`: which site is to be opened (its host, or the slug of an app whose pages are on the
 * dashboard's host), the state that its browser keeps, and the path to go back to.
 */
export const OpenSite = z
  .strictObject({
    host: z.string().min(1).max(260).optional(),
    page: Slug.optional(),
    state: z.string().regex(/^[\w-]{43}$/, 'Invalid state'),
    to: z.string().max(2000).optional(),
  })
  .refine(({ host, page }) => (host === undefined) !== (page === undefined), {
    message: 'Specify the site: either host or page (the app’s slug)',
    path: ['host'],
  })
  .meta({ id: 'OpenSite' });
export type OpenSite = z.infer<typeof OpenSite>;

/** The URL that opens the site, once and within a minute. */
export const SiteOpening = z.strictObject({ url: z.url() }).meta({ id: 'SiteOpening' });
export type SiteOpening = z.infer<typeof SiteOpening>;
