/** The secrets of a deployed instance: which there are, which are generated, and the file that they are kept in. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { StackProblem } from '../problem.ts';

/** The secrets of the Worker. */
export const SECRETS: Readonly<Record<string, string>> = {
  OPERATOR_SECRET: 'generated; authorizes the operator’s calls.',
  SEALING_KEY: 'generated. Keep a copy: sealed values cannot be read without it.',
  S3_ENDPOINT: 'the S3 endpoint of the account’s R2, unless you set another server.',
  S3_ACCESS_KEY_ID: 'required; from an R2 API token that can read and write objects of the bucket.',
  S3_SECRET_ACCESS_KEY: 'required; from the same token.',
  SEALING_KEY_PREVIOUS: 'only while keys are rotated.',
  MONGODB_URI: 'only to store metadata in MongoDB.',
  SUPABASE_URL: 'only for sign-in through Supabase.',
  SUPABASE_ANON_KEY: 'only with SUPABASE_URL.',
  SUPABASE_JWT_SECRET: 'only for a Supabase project that signs with a shared secret.',
  MAIL_API_KEY: 'only to send email through the HTTP API of a mail service.',
  GITHUB_CLIENT_ID: 'only for sign-in with GitHub.',
  GITHUB_CLIENT_SECRET: 'only for sign-in with GitHub.',
  GITHUB_WEBHOOK_SECRET: 'only for webhooks of repositories without the GitHub App.',
  GITLAB_WEBHOOK_SECRET: 'only for webhooks of GitLab.',
  GITEA_WEBHOOK_SECRET: 'only for webhooks of Gitea.',
  FORGEJO_WEBHOOK_SECRET: 'only for webhooks of Forgejo.',
  BITBUCKET_WEBHOOK_SECRET: 'only for webhooks of Bitbucket.',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'only to send traces.',
  OTEL_EXPORTER_OTLP_HEADERS: 'only to send traces.',
};

/** Values by name. */
export type Values = Readonly<Record<string, string>>;

/** What is known of the secrets before a deploy. */
export interface KnownSecrets {
  /** Those of the operator's file, and some of the environment, which takes precedence. */
  readonly values: Values;
  /** The SHA-256 of each value that was uploaded last, by name: a changed value is uploaded again. */
  readonly uploaded: Values;
}

/** What a deploy does about secrets. */
export interface SecretsPlan {
  /** To be generated, before anything else. */
  readonly generate: readonly string[];
  /** To be uploaded with the Worker, including the generated ones. */
  readonly upload: readonly string[];
  /** Why nothing can be deployed. */
  readonly problems: readonly string[];
  /** What the operator should know. */
  readonly warnings: readonly string[];
}

/** Whether the Worker has a secret after a deploy: it has it now (`onWorker`), or gets it with a known value. */
export const isPresent = (name: string, values: Values, onWorker: readonly string[] | null): boolean =>
  values[name] !== undefined || onWorker?.includes(name) === true;

const GENERATED = ['OPERATOR_SECRET', 'SEALING_KEY'];
const REQUIRED = ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'];

/**
 * Decides which secrets are generated and uploaded. Pure.
 * @param onWorker the names that the deployed Worker has; null if there is none yet, or nothing is known
 * @param databaseUsed whether the database has been migrated before, so it may hold sealed values
 */
export function planSecrets(
  { values, uploaded }: KnownSecrets,
  onWorker: readonly string[] | null,
  databaseUsed: boolean,
): SecretsPlan {
  const problems: string[] = [];
  const warnings: string[] = [];
  const present = (name: string) => isPresent(name, values, onWorker);
  const generate = GENERATED.filter((name) => !present(name));
  if (generate.includes('SEALING_KEY') && databaseUsed) {
    problems.push(
      'the database was used before, but neither the Worker nor the file of secrets has its SEALING_KEY: a new one ' +
        'could not read what is sealed. Put the old key into the file',
    );
  }
  for (const name of REQUIRED)
    if (!present(name)) problems.push(`the secret ${name} is missing: ${SECRETS[name]}`);
  for (const name of GENERATED) {
    if (values[name] === undefined && onWorker?.includes(name) === true) {
      warnings.push(`The Worker has ${name}, and the file of secrets does not: put your copy of it there.`);
    }
  }
  const changed = Object.keys(values).filter(
    (name) => onWorker?.includes(name) !== true || uploaded[name] !== sha256(values[name] ?? ''),
  );
  return { generate, upload: [...generate, ...changed].sort(), problems, warnings };
}

/** 32 random bytes in base64: what both of the generated secrets are. */
export const newSecret = (): string => randomBytes(32).toString('base64');

/** The hash by which a changed value is noticed. Every value here is random or a credential, so it can't be guessed. */
export const sha256 = (value: string): string => createHash('sha256').update(value).digest('hex');

const File = z.record(
  z.string().refine((name) => name in SECRETS, 'is not a secret of AppFlux'),
  z.string().min(1),
);

/**
 * Reads a file of secrets, `{}` if there is none.
 * @throws StackProblem `settings_invalid` that names the wrong field and never shows a value
 */
export async function readSecrets(path: string): Promise<Values> {
  if (!existsSync(path)) return {};
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch {
    // The error of the parser would show a part of the file.
    content = null;
  }
  const parsed = File.safeParse(content);
  if (parsed.success) return parsed.data;
  const names = parsed.error.issues.map((issue) => issue.path.join('.')).filter((name) => name !== '');
  throw new StackProblem(
    'settings_invalid',
    names.length > 0
      ? `Unknown or empty secrets in ${path}: ${names.join(', ')}`
      : `${path} is not a JSON object`,
    `use the names ${Object.keys(SECRETS).join(', ')}`,
  );
}

/**
 * The secrets of the environment: those that every instance has. All others come from the file, because a variable that
 * is set for something else (MONGODB_URI) would move the instance.
 */
export const secretsOf = (env: NodeJS.ProcessEnv): Values =>
  Object.fromEntries(
    [...GENERATED, ...REQUIRED].flatMap((name) => (env[name] ? [[name, env[name] as string] as const] : [])),
  );

/** Replaces a file that only its owner can read. A reader sees the old content or the new one. */
export async function writePrivate(path: string, content: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.new`;
  await writeFile(temporary, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  // An existing file would keep its mode.
  await chmod(temporary, 0o600);
  await rename(temporary, path);
}
