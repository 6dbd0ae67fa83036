/** The messages of the queues. */
import type { DownloadCount } from './metadata/analytics.ts';
import type { LogTailLine } from './metadata/metadata.ts';

/** On `deploy-queue`: this deployment wants to be offered to its pool. */
export interface OfferMessage {
  kind: 'offer';
  deploymentId: string;
}

/** On `event-queue`: deployment `deploymentId` changed for the `seq`-th time. Its object has the record. */
export interface EventMessage {
  kind: 'event';
  deploymentId: string;
  seq: number;
  /** How it stood then: only in messages of version 0.1.0, which carried it. */
  record?: unknown;
}

/** On `event-queue`: the end of a deployment's log, once it has ended. */
export interface LogTailMessage {
  kind: 'log_tail';
  deploymentId: string;
  appId: string;
  lines: LogTailLine[];
}

/** On `event-queue`: downloads that one instance of the Worker has gathered. */
export interface DownloadsMessage {
  kind: 'downloads';
  /** The same when it is delivered again. */
  batchId: string;
  counts: DownloadCount[];
}

/** Among dead letters: a notification that its receiver didn't take. On `event-queue`: it is to be sent again. */
export interface NotificationMessage {
  kind: 'notification';
  hookId: string;
  deliveryId: string;
  deploymentId: string;
}

export type QueueMessage =
  | OfferMessage
  | EventMessage
  | LogTailMessage
  | DownloadsMessage
  | NotificationMessage;
