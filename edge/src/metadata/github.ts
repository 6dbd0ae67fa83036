/** The GitHub App of this instance and its installations, as metadata keeps them. */

/** The GitHub App that this instance has at one GitHub. */
export interface GithubAppRecord {
  /** The GitHub that it was registered with, such as `github.com`. */
  host: string;
  /** GitHub's number of it. */
  appId: string;
  slug: string;
  name: string;
  clientId: string;
  htmlUrl: string;
  /** The login of the account that owns it; null if GitHub did not name it. */
  account: string | null;
  /** Its private key, webhook secret and client secret, sealed together (git-hosts/github-app/credentials.ts). */
  sealed: string;
  createdAt: string;
}

/** An installation of it on an account. */
export interface InstallationRecord {
  /** GitHub's number of the installation, with the host before it: `github.com:123`. */
  id: string;
  host: string;
  /** The team that acts with it; null until a member of a team has connected it. */
  ownerId: string | null;
  /** GitHub's number of the account, which stays when its login changes. */
  accountId: string;
  /** The login of the account. */
  account: string;
  accountType: 'User' | 'Organization';
  /** Whether it may access all repositories of the account, or those that were chosen. */
  selection: 'all' | 'selected';
  /** Its page at GitHub. */
  htmlUrl: string;
  /** ISO 8601; null while it is not suspended. */
  suspendedAt: string | null;
  createdAt: string;
}

/** What GitHub says of an installation; which team it belongs to is decided here. */
export type InstallationFacts = Omit<InstallationRecord, 'ownerId'>;

export interface GithubStore {
  app(host: string): Promise<GithubAppRecord | null>;
  /** All of them, for resealing. */
  githubApps(): Promise<GithubAppRecord[]>;
  /** Keeps the App unless its GitHub has one already; gives what is kept. */
  keepApp(app: GithubAppRecord): Promise<GithubAppRecord>;
  /** Puts `to` in the place of the sealed credentials `from`; false when that is not what is kept (any more). */
  resealApp(host: string, from: string, to: string): Promise<boolean>;
  /** Removes the App of this number and all installations of its GitHub; false when it is not the one that is kept. */
  deleteApp(host: string, appId: string): Promise<boolean>;
  installation(id: string): Promise<InstallationRecord | null>;
  /** A team's installations, by their accounts; at most MOST_INSTALLATIONS. */
  installations(ownerId: string): Promise<InstallationRecord[]>;
  /** Writes what GitHub says of an installation, and leaves the team that it belongs to. Gives it as it is then. */
  keepInstallation(facts: InstallationFacts): Promise<InstallationRecord>;
  /** Gives the installation to a team. Null when there is none, or it belongs to another team. */
  bindInstallation(id: string, ownerId: string): Promise<InstallationRecord | null>;
  /** Takes it from a team; false when it is not the team's. */
  unbindInstallation(id: string, ownerId: string): Promise<boolean>;
  /** Takes all from a team that is no more. */
  unbindAll(ownerId: string): Promise<void>;
  /** False when there was none. */
  deleteInstallation(id: string): Promise<boolean>;
}

/** How many installations a team may have. */
export const MOST_INSTALLATIONS = 100;
