/**
 * What the Worker is bound to. `Bindings` is generated from wrangler.toml by `wrangler types`; secrets and the settings that
 * most instances leave out are added here.
 */
import type { FURTHER_DATABASES } from './metadata/further-databases.ts';

type FurtherDatabases = Partial<Record<(typeof FURTHER_DATABASES)[number], D1Database>>;

/** Secrets and optional settings: wrangler.toml lists them as comments. */
export interface SecretsAndOptions extends FurtherDatabases {
  /** Where the program that runs this instance on one machine answers what it knows of addresses; not on Cloudflare. */
  ADDRESS_STATUS_URL?: string;
  /** Where that program answers what it knows of its machine; not on Cloudflare. */
  MACHINE_STATUS_URL?: string;
  /** Answers what is free on the disk that this instance's data is on (disk/disk.ts); not on Cloudflare. */
  DISK?: Fetcher;
  /** Reaches the public internet alone, whatever a name resolves to; not on Cloudflare, where nothing else is reachable. */
  PUBLIC_NETWORK?: Fetcher;
  /** The server host (servers/host/), which runs the servers of sites; without it this instance runs none. */
  SERVERS?: Fetcher;
  /** On one machine: what its supervisor knows of the process of SERVERS (stack/servers/servers.ts). */
  SERVERS_PROCESS?: Fetcher;
  /** "1" lets rewrites of sites and notifications reach private and loopback addresses. */
  APPFLUX_ALLOW_PRIVATE_TARGETS?: string;
  /** Answers questions to DNS as Cloudflare's JSON form of DNS over HTTPS does; Cloudflare's resolver unless set. */
  DNS_OVER_HTTPS_URL?: string;
  /** The zone whose custom hostnames are the domains of apps (Cloudflare for SaaS), and a token that may edit them. */
  CLOUDFLARE_ZONE_ID?: string;
  CLOUDFLARE_API_TOKEN?: string;
  /** Where Cloudflare's API is; its own address unless set. */
  CLOUDFLARE_API_URL?: string;
  /** How many runners a team may have, as a number; 500 unless set. */
  MAX_RUNNERS?: string;
  /** After how many days a deployment of which nothing but the record is left is archived; 0 for never. */
  ARCHIVE_DAYS?: string;
  /** How many runners one object of a pool has before the pool is spread over more; 5,000 if absent. */
  RUNNERS_PER_SHARD?: string;
  /** For how many new hosts a team may get certificates within a week, as a number. */
  CERTIFICATES_PER_TEAM?: string;
  /** Where traces of deployments are sent, in the form of OpenTelemetry's exporters: an OTLP/HTTP address, and headers. */
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string;
  OTEL_EXPORTER_OTLP_HEADERS?: string;
  /** Where people see a trace: an address with `{traceId}`. */
  APPFLUX_TRACE_URL?: string;
  /** "1" logs each request. */
  REQUEST_LOG?: string;
  S3_ENDPOINT: string;
  /** Where others reach that endpoint, for the URLs that they upload to and download from; S3_ENDPOINT unless set. */
  S3_PUBLIC_ENDPOINT?: string;
  S3_ACCESS_KEY_ID: string;
  S3_SECRET_ACCESS_KEY: string;
  /** Region of the S3 endpoint; `us-east-1` unless set, which R2 accepts, too. */
  S3_REGION?: string;
  /** `s3` keeps everything in the S3 server of S3_ENDPOINT; otherwise S3_ENDPOINT is the S3 endpoint of STORAGE. */
  STORAGE_DRIVER?: 'r2' | 's3';
  /** Keeps metadata in MongoDB instead of METADATA. */
  MONGODB_URI?: string;
  OPERATOR_SECRET: string;
  SEALING_KEY: string;
  /** While keys are rotated: the previous key, which opens what isn't resealed yet. */
  SEALING_KEY_PREVIOUS?: string;
  /** `pbkdf2` hashes passwords with less CPU than scrypt, for the Workers Free plan. */
  PASSWORD_HASHING?: string;
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
  /** Sends mail by an SMTP server (mail/smtp.ts); not on Cloudflare. */
  SMTP?: Fetcher;
  /** Who mails are from: `ada@example.com` or `AppFlux <ada@example.com>`. */
  MAIL_FROM?: string;
  /** An OAuth app of GitHub's: with both, people can sign in with GitHub. */
  GITHUB_CLIENT_ID?: string;
  GITHUB_CLIENT_SECRET?: string;
  /** What Git hosts sign their webhooks with, several with commas between them; the others' is GitHub's unless set. */
  GITHUB_WEBHOOK_SECRET?: string;
  GITLAB_WEBHOOK_SECRET?: string;
  GITEA_WEBHOOK_SECRET?: string;
  FORGEJO_WEBHOOK_SECRET?: string;
  BITBUCKET_WEBHOOK_SECRET?: string;
  /** Where GitHub is, for GitHub Enterprise Server; https://github.com and https://api.github.com unless said. */
  GITHUB_URL?: string;
  GITHUB_API_URL?: string;
}

export interface Env extends Bindings, SecretsAndOptions {}
