/** The part of metadata's contract for the secrets that teams' Git hosts sign webhooks with. */
import type { GitProvider } from '@appflux/protocol';

export interface WebhookSecretRecord {
  id: string;
  ownerId: string;
  provider: GitProvider;
  name: string;
  /** Sealed for the place that `webhookSecretLabel` (secrets/sealing.ts) names. */
  sealed: string;
  /** ISO 8601, to within an hour. */
  lastUsedAt: string | null;
  createdAt: string;
}

export interface WebhookSecretStore {
  insert(secret: WebhookSecretRecord): Promise<void>;
  /** All of a team, newest first. */
  list(ownerId: string): Promise<WebhookSecretRecord[]>;
  touch(id: string, lastUsedAt: string): Promise<void>;
  /** Gives what was deleted; null if the team had no such secret. */
  delete(ownerId: string, id: string): Promise<WebhookSecretRecord | null>;
  /** Deletes all of a team. */
  deleteOf(ownerId: string): Promise<void>;
  /** Every team's by ascending id, those after `after`; `next` is the `after` of the next call, null at the end. */
  all(after: string | null, limit: number): Promise<{ items: WebhookSecretRecord[]; next: string | null }>;
  /** Replaces the sealed text `from` by `to`; false if that is not what the secret has. */
  reseal(id: string, from: string, to: string): Promise<boolean>;
}
