/** What the Worker is bound to: wrangler.toml names the same things and says what each is for. */
import { AppFluxError } from '@appflux/protocol';
import type { DeadLetterObject } from './dead-letters/object.ts';
import type { DeploymentObject } from './deployment/object.ts';
import type { PoolObject } from './dispatch/pool.ts';
import type { DownloadCount } from './metadata/analytics.ts';
import type { LogTailLine } from './metadata/metadata.ts';
import type { MongoObject } from './metadata/mongo/object.ts';
import type { OutboxObject } from './outbox/object.ts';
import type { SweepObject } from './retention/object.ts';
import type { ThrottleObject } from './throttle/object.ts';

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

export type QueueMessage = OfferMessage | EventMessage | LogTailMessage | DownloadsMessage;

export interface Env {
  METADATA: D1Database;
  STORAGE: R2Bucket;
  ASSETS: Fetcher;
  DEPLOY_QUEUE: Queue<OfferMessage>;
  EVENT_QUEUE: Queue<EventMessage | LogTailMessage | DownloadsMessage>;
  DEPLOYMENTS: DurableObjectNamespace<DeploymentObject>;
  POOLS: DurableObjectNamespace<PoolObject>;
  DEAD_LETTERS: DurableObjectNamespace<DeadLetterObject>;
  MONGO: DurableObjectNamespace<MongoObject>;
  THROTTLES: DurableObjectNamespace<ThrottleObject>;
  SWEEP: DurableObjectNamespace<SweepObject>;
  OUTBOX: DurableObjectNamespace<OutboxObject>;
  PUBLIC_URL: string;
  /**
   * The request header that holds the client's address, where something in front of the Worker always writes it itself.
   * Without it, addresses are not known.
   */
  CLIENT_ADDRESS_HEADER?: string;
  SITES_DOMAIN: string;
  /** "1" logs each request. */
  REQUEST_LOG?: string;
  /** How many deployments may wait in one pool, as a number; more are refused with `queue_full`. */
  MAX_QUEUED: string;
  /** How many calls of the API one token may make in a second, over time, as a number; more are refused with 429. */
  CALLS_PER_SECOND: string;
  /** How long artifacts and logs are kept of Apps that do not say it themselves, as numbers (retention/policy.ts). */
  ARTIFACTS_KEEP_LAST: string;
  ARTIFACTS_DAYS: string;
  LOGS_KEEP_LAST: string;
  LOGS_DAYS: string;
  /** How many days the audit log is kept, as a number. */
  AUDIT_DAYS: string;
  S3_ENDPOINT: string;
  /** Where others reach that endpoint, for the URLs that they upload to and download from; S3_ENDPOINT unless set. */
  S3_PUBLIC_ENDPOINT?: string;
  S3_BUCKET: string;
  S3_ACCESS_KEY_ID: string;
  S3_SECRET_ACCESS_KEY: string;
  /** Region of the S3 door; `us-east-1` when it is not said, which R2 takes as well. */
  S3_REGION?: string;
  /** `s3` keeps everything in the S3 server of S3_ENDPOINT; otherwise S3_ENDPOINT is the door of STORAGE. */
  STORAGE_DRIVER?: 'r2' | 's3';
  /** Keeps metadata in MongoDB instead of METADATA. */
  MONGODB_URI?: string;
  OPERATOR_SECRET: string;
  SEALING_KEY: string;
  /** While keys are rotated: the key before, which opens what is not sealed anew yet. */
  SEALING_KEY_PREVIOUS?: string;
  /** A Supabase project that keeps the people; without it the edge does that itself. */
  SUPABASE_URL?: string;
  /** The project's publishable key, which the dashboard signs in with. */
  SUPABASE_ANON_KEY?: string;
  /** Only for a project that still signs with a shared secret (HS256). */
  SUPABASE_JWT_SECRET?: string;
  /** `open` lets anybody sign up with the edge's own issuer; otherwise only who was invited. */
  APPFLUX_SIGN_UP?: string;
  /** Cloudflare's Email Service, where it is bound: sends sign-in links, recovery links and invitations. */
  EMAIL?: SendEmail;
  /** The HTTP API of another mail service, in the shape of Resend's, and its key. */
  MAIL_API_URL?: string;
  MAIL_API_KEY?: string;
  /** Who mails are from: `ada@example.com` or `AppFlux <ada@example.com>`. */
  MAIL_FROM?: string;
  /** An OAuth app of GitHub's: with both, people can sign in with GitHub. */
  GITHUB_CLIENT_ID?: string;
  GITHUB_CLIENT_SECRET?: string;
  /** Where GitHub is, for GitHub Enterprise Server; https://github.com and https://api.github.com unless said. */
  GITHUB_URL?: string;
  GITHUB_API_URL?: string;
}

/** A binding that this instance cannot work without. */
type Required =
  | 'PUBLIC_URL'
  | 'S3_ENDPOINT'
  | 'S3_ACCESS_KEY_ID'
  | 'S3_SECRET_ACCESS_KEY'
  | 'OPERATOR_SECRET'
  | 'SEALING_KEY';

/** The value of a variable or secret; an `unavailable` refusal that names it when the operator has not set it. */
export function setting(env: Env, name: Required): string {
  const value = env[name];
  if (!value) {
    throw new AppFluxError('unavailable', `This instance is not set up: ${name} is missing`, {
      hint: `Set it with \`npx wrangler secret put ${name}\`; docs/operations.md says how to make one.`,
    });
  }
  return value;
}
