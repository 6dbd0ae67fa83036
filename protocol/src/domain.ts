/** Custom domains: host names of their owners at which an app's site is reached. */
import { z } from 'zod';
import { Timestamp } from './ids.ts';

/** `active`: visitors get the site there. `failed`: checking has ended without success. */
export const DomainStatus = z.enum(['pending', 'active', 'failed']);
export type DomainStatus = z.infer<typeof DomainStatus>;

/** A DNS record to create where the domain's DNS is managed. */
export const DomainRecord = z
  .strictObject({ type: z.enum(['A', 'AAAA', 'CNAME', 'TXT']), name: z.string(), value: z.string() })
  .meta({ id: 'DomainRecord' });
export type DomainRecord = z.infer<typeof DomainRecord>;

/** A domain of an app. */
export const Domain = z
  .strictObject({
    /** Lower case, in Punycode. */
    host: z.string(),
    status: DomainStatus,
    /** The domain of the same app that visitors are redirected to; null if it serves the site itself. */
    redirectTo: z.string().nullable(),
    /** The records that it needs, whether they exist yet or not. */
    records: z.array(DomainRecord),
    /** What the last check found missing; null if nothing. */
    error: z.string().nullable(),
    /** When it was last checked, and when that happens next by itself. */
    checkedAt: Timestamp.nullable(),
    nextCheckAt: Timestamp.nullable(),
    createdAt: Timestamp,
  })
  .meta({ id: 'Domain' });
export type Domain = z.infer<typeof Domain>;

export const DomainList = z.strictObject({ items: z.array(Domain) });
export type DomainList = z.infer<typeof DomainList>;

/** Body of `POST /api/apps/:slug/domains`. */
export const AddDomain = z
  .strictObject({ host: z.string().min(1).max(255), redirectTo: z.string().min(1).max(255).optional() })
  .meta({ id: 'AddDomain' });
export type AddDomain = z.infer<typeof AddDomain>;
