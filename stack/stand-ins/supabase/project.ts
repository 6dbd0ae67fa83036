/**
 * The state and settings of a Supabase project. The defaults are those of a new hosted project.
 * Source: github.com/supabase/auth v2.196.0, internal/conf/configuration.go
 */
import type { CryptoKey } from 'jose';

export interface Settings {
  /** Confirm email: an address must be confirmed by a link before it can sign in. */
  confirmEmail: boolean;
  /** Secure email change: both addresses must confirm a change. */
  secureEmailChange: boolean;
  /** Manual linking: signed-in users can link and unlink identities. */
  manualLinking: boolean;
  /** Whether the GitHub provider is enabled. */
  github: boolean;
  /** Whether new users can sign up. */
  signUps: boolean;
  /** Secure password change: a session older than a day needs a code from an email. */
  reauthentication: boolean;
  /** Whether changing a password requires the current one. */
  requireCurrentPassword: boolean;
  minPasswordLength: number;
  /** Minimum seconds between two emails of one kind to one user. */
  secondsBetweenMails: number;
  /** Emails per hour for the whole project. */
  mailsPerHour: number;
  /** Site URL: where users are redirected when the requested URL isn't allowed. */
  siteUrl: string;
  /** Redirect URLs that are allowed as well, with `*` and `**` as wildcards. */
  redirectUrls: readonly string[];
}

export const DEFAULTS: Settings = {
  confirmEmail: true,
  secureEmailChange: true,
  manualLinking: false,
  github: true,
  signUps: true,
  reauthentication: false,
  requireCurrentPassword: false,
  minPasswordLength: 6,
  secondsBetweenMails: 60,
  mailsPerHour: 30,
  siteUrl: 'http://localhost:3000',
  redirectUrls: [],
};

/** A way for a user to sign in. */
export interface Identity {
  id: string;
  provider: 'email' | 'github';
  providerId: string;
  data: Record<string, unknown>;
  createdAt: Date;
}

/** A token that was emailed, in its stored form. */
export interface Mailed {
  token: string;
  sentAt: Date;
}

export interface Person {
  id: string;
  email: string;
  newEmail: string;
  password: string | null;
  confirmedAt: Date | null;
  confirmation: Mailed | null;
  recovery: Mailed | null;
  /** A used token is empty. `confirmed` counts the addresses that have confirmed. */
  emailChange: { toNew: string; toCurrent: string; sentAt: Date; confirmed: 0 | 1 } | null;
  nonce: Mailed | null;
  userMetadata: Record<string, unknown>;
  appMetadata: Record<string, unknown>;
  identities: Identity[];
  createdAt: Date;
  lastSignInAt: Date | null;
}

export interface Session {
  id: string;
  personId: string;
  method: string;
  createdAt: Date;
  /** Used ones keep the time of their use. */
  refreshTokens: { token: string; usedAt: Date | null }[];
}

/** A PKCE flow: the browser that started it can exchange the code for a session. */
export interface Flow {
  id: string;
  code: string;
  challenge: string;
  method: string;
  personId: string | null;
  redirectTo: string;
  linkTo: string | null;
}

/** An email that the project sent. */
export interface Mail {
  to: string;
  /** The link in it, or null. */
  link: string | null;
  /** The code in it, or null. */
  code: string | null;
}

/** One project. `url` is the address that clients are configured with. */
export class Project {
  readonly url: string;
  readonly settings: Settings;
  readonly key: { id: string; own: CryptoKey; shared: CryptoKey; published: object };
  readonly github: { url: string; clientId: string; clientSecret: string };
  people: Person[] = [];
  sessions: Session[] = [];
  flows: Flow[] = [];
  mails: Mail[] = [];

  constructor(facts: Pick<Project, 'url' | 'settings' | 'key' | 'github'>) {
    this.url = facts.url;
    this.settings = facts.settings;
    this.key = facts.key;
    this.github = facts.github;
  }

  byEmail(email: string): Person | undefined {
    return this.people.find((person) => person.email === email.toLowerCase());
  }

  byId(id: string): Person | undefined {
    return this.people.find((person) => person.id === id);
  }
}
