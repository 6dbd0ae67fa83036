/** What metadata keeps of the credentials of repositories: sealed texts (git-hosts/credential/), one per app at most. */
export interface SourceCredentialStore {
  /** The sealed credential of an app; null if it has none. */
  get(appId: string): Promise<string | null>;
  /** Keeps one in the place of an earlier one. Does nothing if the app is gone. */
  set(appId: string, sealed: string): Promise<void>;
  /** False when there was none. */
  delete(appId: string): Promise<boolean>;
  /** Replaces the sealed text if it is still `from`. */
  reseal(appId: string, from: string, to: string): Promise<boolean>;
}
