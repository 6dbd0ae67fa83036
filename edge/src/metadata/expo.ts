/** What metadata keeps of updates of Expo apps. */
import type { Environment, ExpoPlatform, ExpoSigningKey } from '@appflux/protocol';

/**
 * A change of a feed. The newest of its app, channel, platform and runtime version is what the feed says. Going back to
 * an earlier update is a row of its own: clients only load an update that is newer than theirs.
 */
export interface ExpoRow {
  /** The same for the same change, so that recording it again changes nothing. */
  id: string;
  appId: string;
  channel: Environment;
  platform: ExpoPlatform;
  runtimeVersion: string;
  /** The deployment with the update; null if apps go back to the update that they contain. */
  deploymentId: string | null;
  /** When that deployment was created; null without one. */
  deploymentCreatedAt: string | null;
  createdAt: string;
}

/** A signing key at rest: its private part is sealed (secrets/sealing.ts). */
export interface ExpoKeyRecord extends ExpoSigningKey {
  sealed: string;
}

export interface ExpoStore {
  /** The newest change of a feed; null if there was none. */
  newest(feed: Pick<ExpoRow, 'appId' | 'channel' | 'platform' | 'runtimeVersion'>): Promise<ExpoRow | null>;
  /** The changes of all feeds of an app and channel, the newest first. */
  history(appId: string, channel: Environment, limit: number): Promise<ExpoRow[]>;
  /** Adds changes; those that are there already, and those of an app that is gone, are left out. */
  record(rows: readonly ExpoRow[]): Promise<void>;
  signingKey(appId: string): Promise<ExpoKeyRecord | null>;
  /** Does nothing if the app is gone. */
  setSigningKey(appId: string, key: ExpoKeyRecord): Promise<void>;
  /** False when there was none. */
  deleteSigningKey(appId: string): Promise<boolean>;
  /** Replaces the sealed key if it is still `from`. */
  reseal(appId: string, from: string, to: string): Promise<boolean>;
}
