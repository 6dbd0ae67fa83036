/** How an instance is reached: its URLs, its certificates, and the DNS records that it needs. */
import { z } from 'zod';
import { Timestamp } from './ids.ts';

/** A certificate that the instance has, or has tried to get. */
export const CertificateState = z
  .strictObject({
    host: z.string(),
    /** Null while there is none. */
    expiresAt: Timestamp.nullable(),
    /** Whole days until then, negative afterwards. */
    daysLeft: z.int().nullable(),
    /** Why the last request for it failed; null when it didn't. The certificate before it is used until it expires. */
    error: z.strictObject({ message: z.string(), at: Timestamp }).nullable(),
  })
  .meta({ id: 'CertificateState' });
export type CertificateState = z.infer<typeof CertificateState>;

/** Who ends TLS: this instance (`auto`, `files`) or something in front of it. */
export const TlsMode = z.enum(['off', 'files', 'auto']);

/** What the program that runs an instance on one machine knows of its addresses. */
export const AddressStatus = z.strictObject({
  tls: TlsMode,
  certificates: z.array(CertificateState),
  /** Whether every name below the domain of sites resolves; null when that is not known. */
  wildcard: z.boolean().nullable(),
  /** Of the hosts that were named, those that don't resolve. */
  unresolved: z.array(z.string()),
  /** Public IP addresses of the machine, as far as it knows them. */
  machine: z.array(z.string()),
});
export type AddressStatus = z.infer<typeof AddressStatus>;

export const DnsRecord = z
  .strictObject({
    type: z.enum(['A', 'AAAA', 'CNAME']),
    name: z.string(),
    /** Null where the instance does not know its own address. */
    value: z.string().nullable(),
  })
  .meta({ id: 'DnsRecord' });
export type DnsRecord = z.infer<typeof DnsRecord>;

export const InstanceAddresses = z
  .strictObject({
    publicUrl: z.string(),
    /** Sites are one label below it; with a port unless the scheme implies it. */
    sitesDomain: z.string(),
    /** Null where it is not known, as on Cloudflare. */
    tls: TlsMode.nullable(),
    certificates: z.array(CertificateState),
    missingRecords: z.strictObject({
      /** For the dashboard; empty when its host resolves. */
      dashboard: z.array(DnsRecord),
      /** One record for all sites; null when there is one, or none is needed. */
      wildcard: DnsRecord.nullable(),
      /** In place of the wildcard: one record per App, of those that have none. */
      sites: z.array(DnsRecord),
    }),
  })
  .meta({ id: 'InstanceAddresses' });
export type InstanceAddresses = z.infer<typeof InstanceAddresses>;
