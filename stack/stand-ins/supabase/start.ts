/**
 * A Supabase project for tests: the Supabase Auth API as a real project answers it, errors included. Written from the
 * source of the real server (github.com/supabase/auth v2.196.0). The *.contract.test.ts check that both behave the same.
 */
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { exportJWK, generateKeyPair } from 'jose';
import { type GithubAccount, type GithubStandIn, githubStandIn } from '../github.ts';
import { serve } from '../serve.ts';
import { accountRoutes } from './account.ts';
import { DEFAULTS, type Mail, Project, type Settings } from './project.ts';
import { providerRoutes } from './provider.ts';
import { Refusal } from './refusal.ts';
import { signInRoutes } from './sign-in.ts';
import { verifyRoutes } from './verify.ts';

/** A running project: the stand-in or the real server. */
export interface RunningProject {
  /** For `SUPABASE_URL`. */
  url: string;
  /** For `SUPABASE_ANON_KEY`. */
  key: string;
  github: GithubStandIn;
  /** Emails to an address, oldest first. */
  mailsTo(email: string): Promise<Mail[]>;
  /** Makes every session this old. */
  ageSessions(hours: number): Promise<void>;
  stop(): Promise<void>;
}

/** A project in this process. Tests can change its settings while it runs. */
export interface StandIn extends RunningProject {
  settings: Settings;
  /** `inbox/EMAIL` answers with the emails to it, for tests that run in another process. */
  inbox: string;
}

export const CLIENT = {
  clientId: 'Ov23-client-of-the-project',
  clientSecret: 'client-secret-of-the-project',
};

/** Starts a project. Settings that aren't given are those of a new hosted project. */
export async function startStandIn(
  settings: Partial<Settings> = {},
  accounts: readonly GithubAccount[] = [],
): Promise<StandIn> {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const root = new Hono();
  const { origin, stop } = await serve((request) => root.fetch(request));
  const github = githubStandIn(CLIENT, accounts);
  const id = 'key-of-the-project';
  const project = new Project({
    url: `${origin}/project`,
    settings: { ...DEFAULTS, ...settings },
    key: {
      id,
      own: privateKey,
      shared: publicKey,
      published: { ...(await exportJWK(publicKey)), kid: id, alg: 'ES256', use: 'sig' },
    },
    github: { url: `${origin}/github`, ...CLIENT },
  });
  const mailsTo = (email: string) => project.mails.filter(({ to }) => to === email);
  root.route('/github', github.app);
  root.route('/project/auth/v1', projectApp(project));
  root.get('/inbox/:email', (c) => c.json(mailsTo(c.req.param('email'))));
  return {
    url: project.url,
    key: 'sb_publishable_of_the_tests',
    settings: project.settings,
    inbox: `${origin}/inbox`,
    github,
    mailsTo: async (email) => mailsTo(email),
    ageSessions: async (hours) => {
      for (const session of project.sessions) session.createdAt = new Date(Date.now() - hours * 3_600_000);
    },
    stop,
  };
}

function projectApp(project: Project): Hono {
  const app = new Hono();
  const { settings } = project;
  app.onError((error, c) => {
    if (error instanceof Refusal) return error.toResponse(c.req.raw);
    return Response.json({ code: 'unexpected_failure', message: String(error) }, { status: 500 });
  });
  app.use(
    cors({
      origin: (origin) => origin,
      allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowHeaders: ['apikey', 'authorization', 'content-type', 'x-client-info', 'x-supabase-api-version'],
      exposeHeaders: ['X-Supabase-Api-Version'],
    }),
  );
  app.get('/settings', (c) =>
    c.json({
      external: { email: true, github: settings.github, phone: false, anonymous_users: false },
      disable_signup: !settings.signUps,
      mailer_autoconfirm: !settings.confirmEmail,
      phone_autoconfirm: false,
      sms_provider: '',
      saml_enabled: false,
    }),
  );
  app.get('/.well-known/jwks.json', (c) => c.json({ keys: [project.key.published] }));
  app.route('/', signInRoutes(project));
  app.route('/', verifyRoutes(project));
  app.route('/', accountRoutes(project));
  app.route('/', providerRoutes(project));
  return app;
}
