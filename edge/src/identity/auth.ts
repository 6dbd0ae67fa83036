/**
 * `/auth/v1`: the part of Supabase Auth's REST surface that supabase-js needs, answered by the embedded issuer.
 * Bodies may hold more than is asked for: supabase-js sends members of its own along.
 * Source: https://github.com/supabase/auth/blob/master/openapi.yaml
 */
import { isAppFluxError } from '@appflux/protocol';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { z } from 'zod';
import type { ApiEnv } from '../api/router.ts';
import { type AccessClaims, isSessionAlive, verifyAccessToken } from './access-token.ts';
import { AuthRefusal } from './auth-refusal.ts';
import { bearerToken } from './authenticate.ts';
import { refreshSession, signInWithLink, toAuthUser } from './issuer.ts';
import { signingKeys } from './signing-keys.ts';

const MAX_BODY_BYTES = 16 * 1024;

const Token = z.string().min(1).max(200);
const Verify = z.object({ type: z.enum(['magiclink', 'email']), token_hash: Token });
const Refresh = z.object({ refresh_token: Token });
const LogoutScope = z.enum(['global', 'local', 'others']).default('global');

/** The router of the embedded issuer, to be mounted at `/auth/v1` with `metadata` set. */
export const auth = new Hono<ApiEnv>();

auth.onError((error, c) => {
  if (error instanceof AuthRefusal) return c.json(error.toBody(), error.status);
  if (!isAppFluxError(error, 'unavailable')) {
    console.error(`${c.req.method} ${c.req.path} failed`, error);
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
    allowMethods: ['GET', 'POST', 'OPTIONS'],
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
  await next();
});

auth.get('/health', (c) => c.json({ name: 'AppFlux', description: 'The embedded issuer of AppFlux' }));

auth.get('/settings', (c) =>
  c.json({
    external: { email: true },
    disable_signup: true,
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

auth.post('/verify', async (c) => {
  const { token_hash } = await bodyOf(c, Verify);
  return c.json(await signInWithLink(c.env, c.get('metadata'), token_hash));
});

auth.post('/token', async (c) => {
  if (c.req.query('grant_type') !== 'refresh_token') {
    throw new AuthRefusal(400, 'validation_failed', 'The only grant_type here is refresh_token');
  }
  const { refresh_token } = await bodyOf(c, Refresh);
  return c.json(await refreshSession(c.env, c.get('metadata'), refresh_token));
});

auth.get('/user', async (c) => {
  const { userId } = await signedIn(c);
  const user = await c.get('metadata').users.byId(userId);
  if (user === null) throw new AuthRefusal(403, 'user_not_found', 'There is no such user');
  return c.json(toAuthUser(user));
});

auth.post('/logout', async (c) => {
  const { userId, sessionId } = await signedIn(c);
  const { sessions } = c.get('metadata');
  const scope = parse(LogoutScope, c.req.query('scope'));
  if (scope === 'local') await sessions.endSession(sessionId);
  else await sessions.endSessionsOf(userId, scope === 'others' ? sessionId : null);
  return c.body(null, 204);
});

auth.all('*', (c) => {
  throw new AuthRefusal(404, 'not_found', `There is no ${c.req.method} ${c.req.path}`);
});

/** Whose live session the request speaks for. */
async function signedIn(c: Context<ApiEnv>): Promise<AccessClaims> {
  const token = bearerToken(c.req.raw);
  if (token === null) throw new AuthRefusal(401, 'no_authorization', 'This needs an access token');
  const claims = await verifyAccessToken(token, c.env, c.get('metadata')).catch((error: unknown) => {
    if (isAppFluxError(error, 'unauthorized')) throw new AuthRefusal(403, 'bad_jwt', error.message);
    throw error;
  });
  if (!(await isSessionAlive(c.get('metadata'), claims))) {
    throw new AuthRefusal(403, 'session_not_found', 'The session was ended');
  }
  return claims;
}

async function bodyOf<Schema extends z.ZodType>(
  c: Context<ApiEnv>,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const body: unknown = await c.req.json().catch(() => {
    throw new AuthRefusal(400, 'bad_json', 'The body is not JSON');
  });
  return parse(schema, body);
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new AuthRefusal(
    400,
    'validation_failed',
    `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`,
  );
}
