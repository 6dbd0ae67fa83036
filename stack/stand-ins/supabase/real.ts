/**
 * The real Supabase Auth server, if this machine has one: `APPFLUX_TEST_SUPABASE_AUTH` is the binary (`go build .` in
 * github.com/supabase/auth) and `APPFLUX_TEST_SUPABASE_DATABASE` the URL of a PostgreSQL that was prepared with its
 * hack/init_postgres.sql and `auth migrate`. The stand-in's tests then run on both.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { Hono } from 'hono';
import { exportJWK, generateKeyPair } from 'jose';
import { freePort } from '../../free-port.ts';
import { lastLines } from '../../problem.ts';
import { type GithubAccount, githubStandIn } from '../github.ts';
import { type ReceivedMail, startMailSink } from '../mail-sink.ts';
import { serve } from '../serve.ts';
import { DEFAULTS, type Mail, type Settings } from './project.ts';
import { CLIENT, type RunningProject } from './start.ts';

export interface RealServer {
  program: string;
  database: string;
}

/** The real server from the environment, or null. */
export function realServer(env: NodeJS.ProcessEnv = process.env): RealServer | null {
  const { APPFLUX_TEST_SUPABASE_AUTH: program, APPFLUX_TEST_SUPABASE_DATABASE: database } = env;
  return program && database ? { program, database } : null;
}

/** Startup timeout in milliseconds. */
const STARTS_WITHIN_MS = 30_000;

/** Starts the real server behind a proxy that adds `/auth/v1`, like the gateway of a hosted project. */
export async function startReal(
  { program, database }: RealServer,
  settings: Partial<Settings> = {},
  accounts: readonly GithubAccount[] = [],
): Promise<RunningProject> {
  const port = await freePort();
  const sink = await startMailSink();
  const github = githubStandIn(CLIENT, accounts);
  const root = new Hono();
  root.route('/github', github.app);
  root.all('/auth/v1/*', (c) => forward(c.req.raw, port));
  const { origin, stop } = await serve((request) => root.fetch(request));
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const key = {
    ...(await exportJWK(privateKey)),
    kid: 'key-of-the-project',
    alg: 'ES256',
    key_ops: ['sign'],
  };
  const env = variables({ ...DEFAULTS, ...settings }, { origin, port, database, smtp: sink.port, key });
  const child = execa(program, ['serve'], { env, stdin: 'ignore', all: true, reject: false });
  const end = async () => {
    child.kill();
    await child;
    await sink.stop();
    await stop();
  };
  try {
    await Promise.race([
      answering(`http://127.0.0.1:${port}/health`),
      child.then((ended) => {
        throw new Error(`Supabase Auth ended: ${lastLines(ended.all)}`);
      }),
    ]);
  } catch (error) {
    await end();
    throw error;
  }
  return {
    url: origin,
    key: 'sb_publishable_of_the_tests',
    github,
    mailsTo: async (email) => sink.mails.filter(({ to }) => to === email).map(toMail),
    ageSessions: async (hours) => {
      const sql = `UPDATE auth.sessions SET created_at = now() - interval '${hours} hours'`;
      await execa('psql', [database, '-c', sql]);
    },
    stop: end,
  };
}

/** Environment variables of the server (internal/conf/configuration.go). */
function variables(
  settings: Settings,
  {
    origin,
    port,
    database,
    smtp,
    key,
  }: { origin: string; port: number; database: string; smtp: number; key: object },
): Record<string, string> {
  const path = '/auth/v1/verify';
  return {
    DATABASE_URL: database,
    DB_NAMESPACE: 'auth',
    GOTRUE_DB_DRIVER: 'postgres',
    GOTRUE_LOG_LEVEL: 'warn',
    GOTRUE_API_HOST: '127.0.0.1',
    PORT: String(port),
    API_EXTERNAL_URL: origin,
    GOTRUE_SITE_URL: settings.siteUrl,
    GOTRUE_URI_ALLOW_LIST: settings.redirectUrls.join(','),
    // The gateway of a hosted project allows this header.
    GOTRUE_CORS_ALLOWED_HEADERS: 'apikey',
    GOTRUE_DISABLE_SIGNUP: String(!settings.signUps),
    GOTRUE_JWT_SECRET: 'a-shared-secret-of-at-least-32-characters',
    GOTRUE_JWT_KEYS: JSON.stringify([key]),
    GOTRUE_JWT_ISSUER: `${origin}/auth/v1`,
    GOTRUE_JWT_AUD: 'authenticated',
    GOTRUE_JWT_DEFAULT_GROUP_NAME: 'authenticated',
    GOTRUE_JWT_EXP: '3600',
    GOTRUE_PASSWORD_MIN_LENGTH: String(settings.minPasswordLength),
    GOTRUE_MAILER_AUTOCONFIRM: String(!settings.confirmEmail),
    GOTRUE_MAILER_SECURE_EMAIL_CHANGE_ENABLED: String(settings.secureEmailChange),
    GOTRUE_MAILER_URLPATHS_CONFIRMATION: path,
    GOTRUE_MAILER_URLPATHS_RECOVERY: path,
    GOTRUE_MAILER_URLPATHS_INVITE: path,
    GOTRUE_MAILER_URLPATHS_EMAIL_CHANGE: path,
    GOTRUE_MAILER_OTP_EXP: '3600',
    GOTRUE_SMTP_HOST: '127.0.0.1',
    GOTRUE_SMTP_PORT: String(smtp),
    GOTRUE_SMTP_ADMIN_EMAIL: 'auth@project.example',
    // Zero would mean the default of one minute.
    GOTRUE_SMTP_MAX_FREQUENCY: `${settings.secondsBetweenMails * 1000 || 1}ms`,
    GOTRUE_RATE_LIMIT_EMAIL_SENT: String(settings.mailsPerHour),
    GOTRUE_RATE_LIMIT_VERIFY: '100000',
    GOTRUE_RATE_LIMIT_OTP: '100000',
    GOTRUE_RATE_LIMIT_TOKEN_REFRESH: '100000',
    GOTRUE_SECURITY_MANUAL_LINKING_ENABLED: String(settings.manualLinking),
    GOTRUE_SECURITY_REFRESH_TOKEN_ROTATION_ENABLED: 'true',
    GOTRUE_SECURITY_REFRESH_TOKEN_REUSE_INTERVAL: '10',
    GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_REAUTHENTICATION: String(settings.reauthentication),
    GOTRUE_SECURITY_UPDATE_PASSWORD_REQUIRE_CURRENT_PASSWORD: String(settings.requireCurrentPassword),
    GOTRUE_EXTERNAL_EMAIL_ENABLED: 'true',
    GOTRUE_EXTERNAL_GITHUB_ENABLED: String(settings.github),
    GOTRUE_EXTERNAL_GITHUB_CLIENT_ID: CLIENT.clientId,
    GOTRUE_EXTERNAL_GITHUB_SECRET: CLIENT.clientSecret,
    GOTRUE_EXTERNAL_GITHUB_URL: `${origin}/github`,
    GOTRUE_EXTERNAL_GITHUB_REDIRECT_URI: `${origin}/auth/v1/callback`,
  };
}

async function forward(request: Request, port: number): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const url = `http://127.0.0.1:${port}${pathname.replace('/auth/v1', '')}${search}`;
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
  const response = await fetch(url, {
    method: request.method,
    headers: request.headers,
    redirect: 'manual',
    ...(hasBody ? { body: await request.text() } : {}),
  });
  const headers = new Headers(response.headers);
  headers.delete('Content-Encoding');
  headers.delete('Content-Length');
  const empty = response.status === 204 || response.status === 304;
  return new Response(empty ? null : await response.arrayBuffer(), { status: response.status, headers });
}

async function answering(url: string): Promise<void> {
  const until = Date.now() + STARTS_WITHIN_MS;
  while (Date.now() < until) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // Not listening yet; the deadline and the process's exit are watched instead.
    }
    await sleep(50);
  }
  throw new Error(`Supabase Auth did not answer within ${STARTS_WITHIN_MS / 1000} s`);
}

/** Extracts the only link of an email, and the code in its subject. */
function toMail({ to, text }: ReceivedMail): Mail {
  const unfolded = text.replaceAll('=\r\n', '').replaceAll('=3D', '=');
  const link = /href="([^"]+)"/.exec(unfolded)?.[1]?.replaceAll('&amp;', '&') ?? null;
  const code = /^Subject: (\d{6}) /m.exec(unfolded)?.[1] ?? null;
  return { to, link, code };
}
