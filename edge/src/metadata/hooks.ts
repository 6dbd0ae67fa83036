/** The part of metadata's contract for hooks: where the notifications of teams are sent. */
import type { Environment, HookKind, NotificationEvent } from '@appflux/protocol';

/** A hook as it is kept. */
export interface HookRecord {
  id: string;
  ownerId: string;
  kind: HookKind;
  name: string;
  /** Where it sends to, sealed: a URL or an email. */
  target: string;
  /** The same without what is secret in it. */
  shownTarget: string;
  /** What signs its requests, sealed; null for kinds that sign nothing. */
  secret: string | null;
  events: NotificationEvent[];
  /** Slugs; empty for all apps. */
  apps: string[];
  /** Empty for all environments. */
  environments: Environment[];
  enabled: boolean;
  /** Why AppFlux disabled it; null if it didn't. */
  disabledReason: string | null;
  /** ISO 8601. */
  createdAt: string;
}

/** What changes of a hook. */
export type HookChange = Partial<Omit<HookRecord, 'id' | 'ownerId' | 'kind' | 'createdAt'>>;

/** A sealed member of a hook, and the same sealed with another key. */
export interface HookResealing {
  member: 'target' | 'secret';
  from: string;
  to: string;
}

export interface HookStore {
  insert(hook: HookRecord): Promise<void>;
  byId(id: string): Promise<HookRecord | null>;
  /** All of a team, newest first. */
  list(ownerId: string): Promise<HookRecord[]>;
  count(ownerId: string): Promise<number>;
  /** Everybody's hooks by ascending id, at most `limit` of those after `after`: for what goes through all of them. */
  all(after: string | null, limit: number): Promise<HookRecord[]>;
  /** Changes the named members; null when there is no such hook (any more). */
  update(id: string, change: HookChange): Promise<HookRecord | null>;
  /** Puts `to` in the place of the sealed value `from`; false when that is not what the hook has (any more). */
  reseal(id: string, resealing: HookResealing): Promise<boolean>;
  /** False when there was none. */
  delete(id: string): Promise<boolean>;
}
