/** The part of metadata's contract for custom domains. */
import type { DomainRecord as DnsRecord, Domain } from '@appflux/protocol';
import type { SiteApp } from './sites.ts';

/** A domain of an app. Several apps may have one host pending; one app at most has it active. */
export interface DomainRecord
  extends Pick<
    Domain,
    'host' | 'status' | 'redirectTo' | 'error' | 'checkedAt' | 'nextCheckAt' | 'createdAt'
  > {
  appId: string;
  ownerId: string;
  /** Its id among Cloudflare's custom hostnames; null if it is none (yet). */
  hostnameId: string | null;
  /** Records that Cloudflare asks for. */
  hostnameRecords: DnsRecord[];
  /** Since when it is checked without success, ISO 8601; null once it is active. */
  pendingSince: string | null;
}

/** What changes of a domain. */
export type DomainChange = Partial<Omit<DomainRecord, 'host' | 'appId' | 'ownerId' | 'createdAt'>>;

export interface DomainStore {
  /** Adds a domain; false if the app has it already. Of an app that is not there nothing is kept. */
  insert(domain: DomainRecord): Promise<boolean>;
  /** All of an app, by host. */
  list(appId: string): Promise<DomainRecord[]>;
  one(appId: string, host: string): Promise<DomainRecord | null>;
  /** Changes the named members; null if there is no such domain (any more). */
  update(appId: string, host: string, change: DomainChange): Promise<DomainRecord | null>;
  /**
   * Makes it active. Any other app that had the host loses it, and its custom hostname: its domain becomes `failed` with
   * `reason`. Gives the apps
   * that lost it; null if there is no such domain (any more).
   */
  activate(appId: string, host: string, change: DomainChange, reason: string): Promise<string[] | null>;
  /** False if there was none. */
  remove(appId: string, host: string): Promise<boolean>;
  /** The app of an active domain, and where it redirects. */
  active(host: string): Promise<{ app: SiteApp; redirectTo: string | null } | null>;
  /** Domains of a team that are not active, newest first, 50 at most. */
  inactive(ownerId: string): Promise<DomainRecord[]>;
  /** How many domains a team has. */
  count(ownerId: string): Promise<number>;
}
