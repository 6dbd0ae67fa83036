/** The environment of a local start, read once. docs/configuration.md lists the same variables. */
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { addressesOf } from './addresses/addresses.ts';
import { REACH_VARIABLES, type Reach, reachOf } from './addresses/reach.ts';
import { LogLevel } from './edge/config.ts';
import { StackProblem } from './problem.ts';

/** Where state is stored, absolute: APPFLUX_STATE, relative to the checkout, or `.appflux`. */
export function stateFolder(env: NodeJS.ProcessEnv, root: string): string {
  const folder = env.APPFLUX_STATE || '.appflux';
  return isAbsolute(folder) ? folder : join(root, folder);
}

const whole = (least: number, most: number, fallback: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .pipe(z.number().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`))
    .default(fallback);

/** A number of megabytes or gigabytes, in bytes. `examples` are of what it is used for. */
const size = (examples: string) =>
  z
    .string()
    .regex(/^\d{1,6}[mg]$/, `must be a size such as ${examples}, or 0m`)
    .transform((text) => Number.parseInt(text, 10) * (text.endsWith('g') ? 1024 ** 3 : 1024 ** 2));

/** The process for servers of sites needs half of this by itself. */
const LEAST_SERVERS_BYTES = 128 * 1024 ** 2;

/** A whole number from 0 that is passed to the Worker unchanged. */
const passedNumber = (most: number) =>
  z
    .string()
    .refine((text) => /^\d+$/.test(text) && Number(text) <= most, `must be a whole number from 0 to ${most}`)
    .optional();

/** Where traces are sent by OTLP over HTTP. */
const otlpAddress = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional();

/** What local runners do if they can't scan for malware (docs/malware-scan.md). */
const ScanPolicy = z.enum(['off', 'optional', 'required'], 'must be off, optional or required');
export type ScanPolicy = z.infer<typeof ScanPolicy>;

const Environment = z.object({
  ...REACH_VARIABLES,
  APPFLUX_PORT: whole(1, 65_535, 8787),
  APPFLUX_CERTIFICATES_PER_TEAM: whole(1, 100_000, 20),
  APPFLUX_RUNNERS: whole(0, 16, 1),
  APPFLUX_SLOTS: whole(1, 64, 1),
  APPFLUX_IMAGES: z
    .string()
    .regex(/^[a-z]+(,[a-z]+)*$/, 'must be names of builder images, separated by commas')
    .default('web'),
  APPFLUX_BOOTSTRAP_TOKEN: z
    .string()
    .min(32, 'must have 32 characters or more')
    .max(200, 'must have at most 200 characters')
    // RFC 6750 §2.1
    .regex(/^[A-Za-z0-9._~+/-]+=*$/, 'must consist of letters, digits and . _ ~ + / -')
    .optional(),
  APPFLUX_ALLOW_PRIVATE_SOURCES: z.enum(['0', '1'], 'is 0 or 1').default('0'),
  APPFLUX_SCAN: ScanPolicy.optional(),
  // The runner's own variable: local runners used it before APPFLUX_SCAN existed.
  APPFLUX_RUNNER_SCAN: ScanPolicy.optional(),
  APPFLUX_PICTURES: z.enum(['auto', 'off'], 'must be auto or off').default('auto'),
  APPFLUX_MIN_FREE: size('500m or 5g').optional(),
  APPFLUX_METADATA_DATABASES: whole(1, 8, 1),
  APPFLUX_SERVERS_MEMORY: size('512m or 2g')
    .refine((bytes) => bytes === 0 || bytes >= LEAST_SERVERS_BYTES, 'must be at least 128m, or 0m for none')
    .default(1024 ** 3),
  APPFLUX_LOG_LEVEL: LogLevel.default('info'),
  APPFLUX_REQUEST_LOG: z.enum(['0', '1'], 'is 0 or 1').default('0'),
  MONGODB_URI: z
    .url({ protocol: /^mongodb(\+srv)?$/, error: 'must begin with mongodb:// or mongodb+srv://' })
    .optional(),
  SUPABASE_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  SUPABASE_ANON_KEY: z.string().optional(),
  SUPABASE_JWT_SECRET: z.string().optional(),
  APPFLUX_ALLOW_PRIVATE_TARGETS: z.enum(['0', '1'], 'is 0 or 1').optional(),
  APPFLUX_SIGN_UP: z.enum(['open', 'invitation'], 'must be open or invitation').optional(),
  ARTIFACTS_KEEP_LAST: passedNumber(1000),
  ARTIFACTS_DAYS: passedNumber(3650),
  LOGS_KEEP_LAST: passedNumber(1000),
  LOGS_DAYS: passedNumber(3650),
  ARCHIVE_DAYS: passedNumber(3650),
  AUDIT_DAYS: passedNumber(36_500),
  MAX_QUEUED: passedNumber(100_000),
  MAX_RUNNERS: passedNumber(10_000),
  RUNNERS_PER_SHARD: passedNumber(30_000),
  SERVER_STATE_MB: passedNumber(10_000_000),
  S3_ENDPOINT: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  S3_ACCESS_KEY_ID: z.string().optional(),
  S3_SECRET_ACCESS_KEY: z.string().optional(),
  S3_BUCKET: z.string().optional(),
  MAIL_API_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  MAIL_API_KEY: z.string().optional(),
  SMTP_URL: z
    .url({ protocol: /^smtps?$/, error: 'must be a URL like smtp://user:password@mail.example.com:587' })
    .optional(),
  MAIL_FROM: z
    .string()
    .regex(
      /^(?:[^<>]*<[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+)$/,
      'must be an email like AppFlux <appflux@example.com>',
    )
    .optional(),
  // Runners read the first three as well, with OpenTelemetry's own exporter.
  OTEL_EXPORTER_OTLP_ENDPOINT: otlpAddress,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: otlpAddress,
  OTEL_EXPORTER_OTLP_HEADERS: z.string().optional(),
  APPFLUX_TRACE_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .refine((text) => text.includes('{traceId}'), 'must contain {traceId}')
    .optional(),
  GITHUB_WEBHOOK_SECRET: z.string().optional(),
  GITLAB_WEBHOOK_SECRET: z.string().optional(),
  GITEA_WEBHOOK_SECRET: z.string().optional(),
  FORGEJO_WEBHOOK_SECRET: z.string().optional(),
  BITBUCKET_WEBHOOK_SECRET: z.string().optional(),
  GITHUB_CLIENT_ID: z.string().optional(),
  GITHUB_CLIENT_SECRET: z.string().optional(),
  GITHUB_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  GITHUB_API_URL: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
});

/** The variables that `readSettings` reads, except the one of `stateFolder`. */
export const START_VARIABLES: readonly string[] = Object.keys(Environment.shape);

/** Settings of one machine or of one start: they mean nothing to an instance that is restored elsewhere. */
const OF_THIS_MACHINE = new Set<string>([
  'APPFLUX_PORT',
  'APPFLUX_MIN_FREE',
  'APPFLUX_SERVERS_MEMORY',
  'APPFLUX_BOOTSTRAP_TOKEN',
  'APPFLUX_TLS',
  ...Object.keys(REACH_VARIABLES),
]);

/** The variables of an environment that make an instance what it is, wherever it runs. */
export function portableEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const entries = START_VARIABLES.filter((name) => !OF_THIS_MACHINE.has(name)).flatMap((name) => {
    const value = env[name];
    return value ? [[name, value] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** An S3 server of the owner's own, in place of the embedded one. */
export interface ForeignStorage {
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The settings of a local start. */
export interface Settings {
  /** The edge's port. */
  readonly port: number;
  readonly reach: Reach;
  /** For how many new hosts a team may get certificates within a week. */
  readonly certificatesPerTeam: number;
  /** Absolute. */
  readonly state: string;
  readonly runners: number;
  readonly slots: number;
  readonly images: readonly string[];
  readonly bootstrapToken: string | null;
  readonly allowPrivateSources: boolean;
  readonly scan: ScanPolicy;
  /** Whether local runners take pictures of published sites (docs/pictures.md). */
  readonly pictures: 'auto' | 'off';
  /** How many bytes of the state folder's disk stay free; a share of the disk if it is null. */
  readonly minFreeBytes: number | null;
  /** How many databases have the metadata. */
  readonly metadataDatabases: number;
  /** The memory, in bytes, above which the process for servers of sites is restarted; 0 for no such servers. */
  readonly serversMemoryBytes: number;
  readonly logLevel: LogLevel;
  /** The SMTP server that sends mail; null without one. */
  readonly smtpUrl: string | null;
  /** Whether the control plane logs each request. */
  readonly requestLog: boolean;
  readonly storage: ForeignStorage | null;
  /** What a start of this instance elsewhere would need in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Variables that are passed to the Worker unchanged if they are set. */
  readonly passedOn: Readonly<Record<string, string>>;
}

const PASSED_ON = [
  'MONGODB_URI',
  'SUPABASE_URL',
  'SUPABASE_ANON_KEY',
  'SUPABASE_JWT_SECRET',
  'APPFLUX_ALLOW_PRIVATE_TARGETS',
  'APPFLUX_SIGN_UP',
  'ARTIFACTS_KEEP_LAST',
  'ARTIFACTS_DAYS',
  'LOGS_KEEP_LAST',
  'LOGS_DAYS',
  'ARCHIVE_DAYS',
  'AUDIT_DAYS',
  'MAX_QUEUED',
  'MAX_RUNNERS',
  'RUNNERS_PER_SHARD',
  'SERVER_STATE_MB',
  'MAIL_API_URL',
  'MAIL_API_KEY',
  'MAIL_FROM',
  'GITHUB_WEBHOOK_SECRET',
  'GITLAB_WEBHOOK_SECRET',
  'GITEA_WEBHOOK_SECRET',
  'FORGEJO_WEBHOOK_SECRET',
  'BITBUCKET_WEBHOOK_SECRET',
  'GITHUB_CLIENT_ID',
  'GITHUB_CLIENT_SECRET',
  'GITHUB_URL',
  'GITHUB_API_URL',
] as const;

/** Passed to the Worker, too; but runners keep them. */
const TRACING = [
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_EXPORTER_OTLP_HEADERS',
  'APPFLUX_TRACE_URL',
] as const;

const MAIL = ['MAIL_API_URL', 'MAIL_API_KEY', 'MAIL_FROM'] as const;

/** Read by `npm run backup` and `npm run restore`. */
export const BACKUP_SECRETS = [
  'APPFLUX_BACKUP_PASSPHRASE',
  'APPFLUX_BACKUP_S3_ENDPOINT',
  'APPFLUX_BACKUP_S3_REGION',
  'APPFLUX_BACKUP_S3_ACCESS_KEY_ID',
  'APPFLUX_BACKUP_S3_SECRET_ACCESS_KEY',
] as const;

const STORAGE = ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const;

/**
 * Reads the environment; an empty variable counts as unset.
 * @throws StackProblem `settings_invalid`, naming every variable that is wrong, or saying which addresses cannot work
 */
export function readSettings(env: NodeJS.ProcessEnv, root: string): Settings {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = Environment.safeParse(set);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ');
    throw new StackProblem('settings_invalid', wrong, 'correct it in the environment, or unset it');
  }
  const variables = parsed.data;
  requireMail(variables);
  const reach = reachOf(variables, root);
  addressesOf({ port: variables.APPFLUX_PORT, reach });
  return {
    port: variables.APPFLUX_PORT,
    reach,
    certificatesPerTeam: variables.APPFLUX_CERTIFICATES_PER_TEAM,
    state: stateFolder(env, root),
    runners: variables.APPFLUX_RUNNERS,
    slots: variables.APPFLUX_SLOTS,
    images: variables.APPFLUX_IMAGES.split(','),
    bootstrapToken: variables.APPFLUX_BOOTSTRAP_TOKEN ?? null,
    allowPrivateSources: variables.APPFLUX_ALLOW_PRIVATE_SOURCES === '1',
    minFreeBytes: variables.APPFLUX_MIN_FREE ?? null,
    metadataDatabases: variables.APPFLUX_METADATA_DATABASES,
    serversMemoryBytes: variables.APPFLUX_SERVERS_MEMORY,
    logLevel: variables.APPFLUX_LOG_LEVEL,
    smtpUrl: variables.SMTP_URL ?? null,
    requestLog: variables.APPFLUX_REQUEST_LOG === '1',
    scan: variables.APPFLUX_SCAN ?? variables.APPFLUX_RUNNER_SCAN ?? 'optional',
    pictures: variables.APPFLUX_PICTURES,
    storage: foreignStorage(variables),
    environment: portableEnvironment(env),
    passedOn: Object.fromEntries(
      [...PASSED_ON, ...TRACING].flatMap((name) => {
        const value = variables[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  };
}

/** Mail needs a sender, and is sent in one way. */
function requireMail(variables: z.infer<typeof Environment>): void {
  const { SMTP_URL, MAIL_API_URL, MAIL_API_KEY } = variables;
  if (SMTP_URL === undefined) allOrNone(variables, MAIL, 'a mail service');
  else if (MAIL_API_URL !== undefined || MAIL_API_KEY !== undefined)
    throw new StackProblem(
      'settings_invalid',
      'SMTP_URL and MAIL_API_URL are both set',
      'unset SMTP_URL, or both MAIL_API_URL and MAIL_API_KEY',
    );
  else allOrNone(variables, ['SMTP_URL', 'MAIL_FROM'], 'mail by SMTP');
}

/** Whether a group of variables is set, of which all or none are needed. */
function allOrNone(
  variables: z.infer<typeof Environment>,
  names: readonly (keyof z.infer<typeof Environment>)[],
  what: string,
): boolean {
  const missing = names.filter((name) => variables[name] === undefined);
  if (missing.length > 0 && missing.length < names.length) {
    throw new StackProblem(
      'settings_invalid',
      `${missing.join(' and ')} must be set as well`,
      `${what} needs all of ${names.join(', ')}`,
    );
  }
  return missing.length === 0;
}

/** A part of the variables would mix the owner's storage with the embedded one. */
function foreignStorage(variables: z.infer<typeof Environment>): ForeignStorage | null {
  if (!allOrNone(variables, STORAGE, 'an S3 server')) return null;
  return {
    endpoint: variables.S3_ENDPOINT ?? '',
    bucket: variables.S3_BUCKET ?? '',
    accessKeyId: variables.S3_ACCESS_KEY_ID ?? '',
    secretAccessKey: variables.S3_SECRET_ACCESS_KEY ?? '',
  };
}

/** The variables that only the control plane and backups need. */
export const CONTROL_PLANE_VARIABLES: readonly string[] = [
  'APPFLUX_BOOTSTRAP_TOKEN',
  ...BACKUP_SECRETS,
  ...PASSED_ON,
  ...STORAGE,
  'SMTP_URL',
];

/**
 * The environment for programs that this one starts: without the secrets of the control plane. It gets them in a
 * message, and no other process, least of all a runner, needs them.
 */
export function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !CONTROL_PLANE_VARIABLES.includes(name)));
}
