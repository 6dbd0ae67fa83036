/**
 * `/auth/v1`: the part of Supabase Auth's REST surface that supabase-js needs, answered by the embedded issuer.
 * Source: https://github.com/supabase/auth/blob/master/openapi.yaml
 */
import { isAppFluxError } from '@appflux/protocol';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import type { ApiEnv } from '../http/router.ts';
import { AuthRefusal } from '../identity/auth-refusal.ts';
import { githubApp } from '../identity/github.ts';
import { signingKeys } from '../identity/signing-keys.ts';
import { journal } from '../journal.ts';
import { signUpIsOpen } from '../teams/team.ts';
import { authAccount } from './account.ts';
import { authSignIn } from './sign-in.ts';

const MAX_BODY_BYTES = 16 * 1024;

/** The router of the embedded issuer, to be mounted at `/auth/v1` with `metadata` set. */
export const auth = new Hono<ApiEnv>();

auth.onError((error, c) => {
  if (error instanceof AuthRefusal) {
    if (error.retryAfterSeconds !== undefined) c.header('Retry-After', String(error.retryAfterSeconds));
    return c.json(error.toBody(), error.status);
  }
  if (!isAppFluxError(error, 'unavailable')) {
    journal.error(`${c.req.method} ${c.req.path} failed`, error, {
      source: `${c.req.method} ${c.req.routePath}`,
    });
    return c.json(
      { code: 500, error_code: 'unexpected_failure', msg: 'Something went wrong on our side' },
      500,
    );
  }
  if (error.retryAfterSeconds !== undefined) c.header('Retry-After', String(error.retryAfterSeconds));
  return c.json({ code: 503, error_code: 'request_timeout', msg: error.message }, 503);
});

// Any origin may ask: who is signed in travels in a header that pages must set themselves, never in a cookie.
auth.use(
  cors({
    origin: '*',
    allowMethods: ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'],
    allowHeaders: ['apikey', 'authorization', 'content-type', 'x-client-info', 'x-supabase-api-version'],
    maxAge: 3600,
  }),
);

auth.use(
  bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      throw new AuthRefusal(413, 'validation_failed', 'The body is larger than 16 KB');
    },
  }),
);

auth.use(async (c, next) => {
  c.header('Cache-Control', 'no-store');
  if (c.env.SUPABASE_URL) {
    throw new AuthRefusal(404, 'not_found', 'This instance’s users sign in with a Supabase project');
  }
  await next();
});

auth.get('/health', (c) => c.json({ name: 'AppFlux', description: 'The embedded issuer of AppFlux' }));

auth.get('/settings', (c) =>
  c.json({
    external: { email: true, github: githubApp(c.env) !== null },
    disable_signup: !signUpIsOpen(c.env),
    mailer_autoconfirm: true,
    phone_autoconfirm: false,
    sms_provider: '',
    saml_enabled: false,
  }),
);

auth.get('/.well-known/jwks.json', async (c) => {
  const { publicJwk } = await signingKeys(c.env, c.get('metadata'));
  c.header('Cache-Control', 'public, max-age=600');
  return c.json({ keys: [publicJwk] });
});

auth.route('/', authSignIn);
auth.route('/', authAccount);

auth.all('*', (c) => {
  throw new AuthRefusal(404, 'not_found', `There is no ${c.req.method} ${c.req.path}`);
});
