/** What a Cloudflare account holds, as far as a deploy reads or changes it. */
import { DatabaseSync } from 'node:sqlite';

/** The account's id, and a token that may do everything. */
export const ACCOUNT_ID = '0123456789abcdef0123456789abcdef';
export const TOKEN = 'token-of-the-stand-in';

export interface Version {
  readonly id: string;
  readonly annotations: Record<string, string>;
}

/** A deployed Worker. */
export interface Script {
  secrets: Map<string, string>;
  versions: Version[];
  /** The main module of the newest version. */
  main: string;
  metadata: Record<string, unknown>;
}

export interface Zone {
  readonly id: string;
  readonly name: string;
  status: string;
  records: { type: string; name: string; content: string; proxied: boolean }[];
  certificates: { hosts: string[]; status: string }[];
  /** Whether advanced certificates may be ordered. */
  advanced: boolean;
}

export interface Project {
  domains: string[];
  message: string | null;
}

export class Account {
  zones: Zone[] = [];
  databases = new Map<string, { name: string; sql: DatabaseSync }>();
  /** Null until R2 is switched on. */
  buckets: Map<string, { cors: unknown[]; lifecycle: unknown[] }> | null = new Map();
  queues: { id: string; name: string; consumers: { id: string; body: unknown }[] }[] = [];
  scripts = new Map<string, Script>();
  customDomains: { hostname: string; service: string }[] = [];
  routes: { pattern: string; script: string }[] = [];
  schedules: unknown[] = [];
  projects = new Map<string, Project>();

  /** A zone of the account. */
  addZone(name: string, changes: Partial<Zone> = {}): Zone {
    const id = (this.zones.length + 1).toString(16).padStart(32, '0');
    const zone = { id, name, status: 'active', records: [], certificates: [], advanced: false, ...changes };
    this.zones.push(zone);
    return zone;
  }

  addDatabase(name: string): string {
    const id = crypto.randomUUID();
    this.databases.set(id, { name, sql: new DatabaseSync(':memory:') });
    return id;
  }
}
