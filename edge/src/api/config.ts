/** What the dashboard has to know before anybody is signed in. */
import { InstanceConfig } from '@appflux/protocol';
import { createRoute } from '@hono/zod-openapi';
import { type Env, setting } from '../env.ts';
import { githubApp } from '../identity/github.ts';
import { signUpIsOpen } from '../identity/sign-up.ts';
import { json, router } from './router.ts';

/** The embedded issuer wants no key, but supabase-js insists on one. */
const NO_KEY = 'appflux';

/** How people sign in to this instance. */
export function authConfigOf(env: Env): InstanceConfig['auth'] {
  if (env.SUPABASE_URL) {
    return {
      issuer: 'supabase',
      url: env.SUPABASE_URL.replace(/\/+$/, ''),
      key: env.SUPABASE_ANON_KEY || NO_KEY,
      // Which of its ways in a project has switched on, only the project knows; it says so when one is tried.
      github: true,
      signUp: 'open',
    };
  }
  return {
    issuer: 'embedded',
    url: setting(env, 'PUBLIC_URL'),
    key: NO_KEY,
    github: githubApp(env) !== null,
    signUp: signUpIsOpen(env) ? 'open' : 'invitation',
  };
}

export const config = router();

config.openapi(
  createRoute({
    method: 'get',
    path: '/api/config',
    summary: 'How people sign in to this instance',
    tags: ['people'],
    responses: { 200: json(InstanceConfig, 'The configuration') },
  }),
  (c) => c.json({ auth: authConfigOf(c.env) }, 200),
);
