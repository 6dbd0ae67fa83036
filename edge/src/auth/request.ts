/** Reading requests to the auth surface, with its kind of refusals. */
import { isAppFluxError } from '@appflux/protocol';
import type { Context } from 'hono';
import { z } from 'zod';
import type { ApiEnv } from '../http/router.ts';
import { type AccessClaims, isSessionAlive, verifyAccessToken } from '../identity/access-token.ts';
import { AuthRefusal } from '../identity/auth-refusal.ts';
import type { Client } from '../identity/client.ts';
import { clientAddressOf } from '../identity/client-address.ts';
import { deviceCookie, devicesOf } from '../identity/device-cookie.ts';
import { bearerToken } from '../identity/request-token.ts';
import type { UserRecord } from '../metadata/metadata.ts';

/** A token of ours. */
export const Token = z.string().min(1).max(200);

/** An email address, in lower case, to sign in with. Nothing checks whether mail arrives there. */
export const Email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .regex(/^[^\s\p{Cc}@]+@[^\s\p{Cc}@]+$/u, 'Not a valid email address');

/** Any password; whether it is good enough is asked where one is set. */
export const Password = z.string().min(1).max(1000);

/** Who sends a request. */
export const clientOf = async (c: Context<ApiEnv>): Promise<Client> => ({
  address: clientAddressOf(c.req.raw, c.env),
  devices: await devicesOf(c.req.raw, c.env, Date.now()),
});

/** Makes the browser known for an account that it has signed in to. An account without a password needs no guarding. */
export async function rememberDevice(c: Context<ApiEnv>, user: UserRecord | null): Promise<void> {
  if (user?.passwordHash == null) return;
  const { devices } = await clientOf(c);
  c.header('Set-Cookie', await deviceCookie(devices, user, c.env, Date.now()));
}

/** Whose live session the request speaks for. */
export async function signedIn(c: Context<ApiEnv>): Promise<AccessClaims> {
  const token = bearerToken(c.req.raw);
  if (token === null) throw new AuthRefusal(401, 'no_authorization', 'This needs an access token');
  const claims = await verifyAccessToken(token, c.env, c.get('metadata')).catch((error: unknown) => {
    if (isAppFluxError(error, 'unauthorized')) throw new AuthRefusal(403, 'bad_jwt', error.message);
    throw error;
  });
  if (!(await isSessionAlive(c.env, c.get('metadata'), claims))) {
    throw new AuthRefusal(403, 'session_not_found', 'The session was ended');
  }
  return claims;
}

/** The signed-in user's account. */
export async function signedInUser(c: Context<ApiEnv>): Promise<{ claims: AccessClaims; user: UserRecord }> {
  const claims = await signedIn(c);
  const user = await c.get('metadata').users.byId(claims.userId);
  if (user === null) throw new AuthRefusal(403, 'user_not_found', 'User not found');
  return { claims, user };
}

/** The JSON body, by a schema. It may hold more than is asked for: supabase-js sends members of its own along. */
export async function bodyOf<Schema extends z.ZodType>(
  c: Context<ApiEnv>,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const body: unknown = await c.req.json().catch(() => {
    throw new AuthRefusal(400, 'bad_json', 'The body is not JSON');
  });
  return parse(schema, body);
}

/** A value by a schema; AuthRefusal `validation_failed` names the first thing that is wrong with it. */
export function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new AuthRefusal(
    400,
    'validation_failed',
    `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'invalid'}`,
  );
}
