/**
 * What one GitHub knows: an App, its installations, repositories, and what the App has written to them. Tests that run at
 * the same time have a world each.
 */
import { createPublicKey, generateKeyPairSync, randomBytes, verify } from 'node:crypto';

export type Level = 'read' | 'write';

export interface Account {
  id: number;
  login: string;
  type: 'User' | 'Organization';
}

export interface Repository {
  id: number;
  owner: string;
  name: string;
  private: boolean;
  branches: string[];
  /** Logins of who may do what; nobody else sees a private one. */
  people: Record<string, 'admin' | 'push' | 'pull'>;
  /** Commits that the API knows. Empty: all. */
  commits: string[];
  /** Issues (pull requests are issues) whose conversation is locked. */
  locked: number[];
  /** What it was called before it was renamed or transferred: that address redirects. */
  formerly: string | null;
}

export interface Installation {
  id: number;
  account: Account;
  selection: 'all' | 'selected';
  /** Ids of repositories, if they were chosen. */
  repositories: number[];
  permissions: Record<string, Level>;
  suspendedAt: string | null;
}

/** A token of an installation or a user. */
export interface Token {
  kind: 'installation' | 'user' | 'personal';
  installation?: number;
  login?: string;
  repositories: number[] | null;
  permissions: Record<string, Level>;
  expiresAt: number;
}

/** Something that was written: by which account or App, and when. */
export interface Written {
  id: number;
  repository: string;
  by: string;
  [member: string]: unknown;
}

/** What the App may do when somebody installs it. */
export const PERMISSIONS: Record<string, Level> = {
  checks: 'write',
  contents: 'read',
  deployments: 'write',
  metadata: 'read',
  pull_requests: 'write',
  statuses: 'write',
};

const TOKEN_MS = 3600_000;

export class GithubWorld {
  readonly accounts = new Map<string, Account>();
  readonly repositories: Repository[] = [];
  readonly installations: Installation[] = [];
  readonly tokens = new Map<string, Token>();
  /** Codes of the web flow, and of registered manifests. */
  readonly codes = new Map<string, string>();
  readonly manifests = new Map<string, { used: boolean }>();
  readonly checks: Written[] = [];
  readonly statuses: Written[] = [];
  readonly deployments: Written[] = [];
  readonly deploymentStatuses: Written[] = [];
  readonly comments: Written[] = [];
  /** The calls that were carried out or refused, as `POST /repos/…`. */
  readonly calls: { call: string; token: string | null; status: number | 'lost' }[] = [];
  readonly app: { id: number; slug: string; clientId: string; clientSecret: string; webhookSecret: string };
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  /** How far this GitHub's clock is ahead, in milliseconds. */
  drift = 0;
  #next = 1000 + Math.floor(Math.random() * 1_000_000_000);

  constructor() {
    this.app = {
      id: this.id(),
      slug: 'appflux-test',
      clientId: `Iv1.${randomBytes(8).toString('hex')}`,
      clientSecret: randomBytes(20).toString('hex'),
      webhookSecret: randomBytes(20).toString('hex'),
    };
  }

  id(): number {
    this.#next += 1;
    return this.#next;
  }

  get now(): number {
    return Date.now() + this.drift;
  }

  /** As GitHub gives it: PKCS#1. */
  get privateKey(): string {
    return this.#keys.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  }

  account(login: string, type: Account['type'] = 'User'): Account {
    const known = this.accounts.get(login.toLowerCase());
    if (known !== undefined) return known;
    const account = { id: this.id(), login, type };
    this.accounts.set(login.toLowerCase(), account);
    return account;
  }

  repository(fullName: string): Repository | undefined {
    const [owner, name] = fullName.toLowerCase().split('/');
    return this.repositories.find(
      (one) => one.owner.toLowerCase() === owner && one.name.toLowerCase() === name,
    );
  }

  /** The repositories that an installation covers. */
  coveredBy({ account, selection, repositories }: Installation): Repository[] {
    return this.repositories.filter(
      ({ id, owner }) =>
        owner.toLowerCase() === account.login.toLowerCase() &&
        (selection === 'all' || repositories.includes(id)),
    );
  }

  makeToken(token: Omit<Token, 'expiresAt'>): { token: string; expiresAt: number } {
    const prefix = { installation: 'ghs_', user: 'ghu_', personal: 'ghp_' }[token.kind];
    const text = prefix + randomBytes(18).toString('hex');
    const expiresAt = this.now + TOKEN_MS;
    this.tokens.set(text, { ...token, expiresAt });
    return { token: text, expiresAt };
  }

  /** Why a token of the App itself is not accepted, in GitHub's words; null when it is. */
  appTokenProblem(jwt: string): string | null {
    const [header = '', payload = '', signature = ''] = jwt.split('.');
    const signed = verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      createPublicKey(this.#keys.privateKey),
      Buffer.from(signature, 'base64url'),
    );
    if (!signed) return 'A JSON web token could not be decoded';
    const { iat, exp, iss } = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const now = Math.floor(this.now / 1000);
    if (typeof iat !== 'number' || iat > now)
      return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued";
    if (typeof exp !== 'number' || exp <= now)
      return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires";
    if (exp > now + 600) return "'Expiration time' claim ('exp') is too far in the future";
    return String(iss) === String(this.app.id) ? null : 'Integration not found';
  }
}
