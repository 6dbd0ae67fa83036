/** What the dashboard has to know before anybody is signed in. */
import { InstanceConfig, type MaintenanceNotice } from '@appflux/protocol';
import { createRoute } from '@hono/zod-openapi';
import type { Env } from '../env.ts';
import { json, router } from '../http/router.ts';
import { githubApp } from '../identity/github.ts';
import { journal } from '../journal.ts';
import { sendsMail } from '../mail/settings.ts';
import { shownNotice } from '../maintenance/shown-notice.ts';
import { setting } from '../settings.ts';
import { signUpIsOpen } from '../teams/team.ts';

/** The embedded issuer wants no key, but supabase-js insists on one. */
const NO_KEY = 'appflux';

/** Get how users sign in to this instance. */
export function authConfigOf(env: Env): InstanceConfig['auth'] {
  const signUp = signUpIsOpen(env) ? 'open' : 'invitation';
  if (env.SUPABASE_URL) {
    return {
      issuer: 'supabase',
      url: env.SUPABASE_URL.replace(/\/+$/, ''),
      key: env.SUPABASE_ANON_KEY || NO_KEY,
      // Only the project knows; the dashboard reads its settings.
      github: true,
      signUp,
    };
  }
  return {
    issuer: 'embedded',
    url: setting(env, 'PUBLIC_URL'),
    key: NO_KEY,
    github: githubApp(env) !== null,
    signUp,
  };
}

export const config = router();

config.openapi(
  createRoute({
    method: 'get',
    path: '/api/config',
    summary:
      'Get how users sign in to this instance, whether it is in maintenance, and whether it runs servers of sites',
    tags: ['people'],
    responses: { 200: json(InstanceConfig, 'The configuration') },
  }),
  async (c) =>
    c.json(
      {
        auth: authConfigOf(c.env),
        mail: sendsMail(c.env),
        maintenance: await maintenanceNotice(c.env),
        servers: c.env.SERVERS !== undefined,
      },
      200,
    ),
);

async function maintenanceNotice(env: Env): Promise<MaintenanceNotice | null> {
  try {
    return await shownNotice(env);
  } catch (error) {
    // Only a notice is missing; people can sign in without it.
    journal.error('reading whether the instance is in maintenance failed', error);
    return null;
  }
}
