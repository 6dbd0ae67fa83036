/** What people do to their own account: sign in by password, change it, and get back in without it. */
import { isAppFluxError } from '@appflux/protocol';
import { noteOfUser } from '../audit/note.ts';
import type { Env } from '../env.ts';
import type { Metadata, UserRecord } from '../metadata/metadata.ts';
import type { AccessClaims } from './access-token.ts';
import { AuthRefusal } from './auth-refusal.ts';
import type { Client } from './client.ts';
import { deviceFor } from './device-cookie.ts';
import { hashBy, hashingOf, isHashed, isOutdated } from './hashes.ts';
import { type Visitor, withTurn } from './hashing.ts';
import { countPassword, countPresentPassword } from './sign-in-limits.ts';
import { requirePassword } from './sign-up.ts';

/** Whose turn to hash it is for a client who is not signed in. */
export const visitorOf = ({ address, devices }: Client): Visitor => ({
  address,
  known: devices[0]?.nonce ?? null,
});

/** The user with this email and password. Throws AuthRefusal, the same for an email that nobody has. */
export function checkPassword(
  env: Env,
  metadata: Metadata,
  { email, password }: { email: string; password: string },
  client: Client,
): Promise<UserRecord> {
  return withTurn(visitorOf(client), async (inTurn) => {
    const hashing = hashingOf(env);
    const user = await metadata.users.byEmail(email);
    const device = await deviceFor(client.devices, user);
    const counted = await countPassword(env, email, { address: client.address, device });
    // Also without a user: a stranger cannot tell by the time whether there is one.
    const right = await inTurn(() => isHashed(hashing, password, user?.passwordHash ?? null));
    if (user === null || !right) {
      throw new AuthRefusal(400, 'invalid_credentials', 'Wrong email or password');
    }
    await counted.wasRight();
    if (user.passwordHash === null || !isOutdated(hashing, user.passwordHash)) return user;
    return rehash(metadata, user, await inTurn(() => hashBy(hashing, password)));
  });
}

/** Replaces a hash by one of the instance's kind. The password was changed meanwhile if it isn't there any more. */
async function rehash(metadata: Metadata, user: UserRecord, passwordHash: string): Promise<UserRecord> {
  const now = await metadata.users.byId(user.id);
  if (now?.passwordHash !== user.passwordHash) return user;
  return (await metadata.users.update(user.id, { passwordHash })) ?? user;
}

/** What a person may change of their account. */
export interface AccountChange {
  email?: string | undefined;
  password?: string | undefined;
  currentPassword?: string | undefined;
}

/**
 * Changes an account. A user with a password has to enter it, so that a stolen access token is not a stolen account; who
 * came by a one-time link within the hour need not. A new password ends all other sessions.
 */
export async function changeAccount(
  env: Env,
  metadata: Metadata,
  user: UserRecord,
  claims: AccessClaims,
  { email, password, currentPassword }: AccountChange,
): Promise<UserRecord> {
  if (email === undefined && password === undefined) return user;
  if (password !== undefined) requirePassword(password, email ?? user.email);
  await requireFreshness(env, user, claims, currentPassword);
  const changed = await update(metadata, user, {
    ...(email === undefined ? {} : { email }),
    ...(password === undefined ? {} : { passwordHash: await hashedFor(env, claims, password) }),
  });
  if (email !== undefined) await metadata.members.setEmail(user.id, email);
  if (password !== undefined) {
    await metadata.sessions.endSessionsOf(user.id, claims.sessionId);
    await noteOfUser(metadata, changed, 'password.set');
  }
  return changed;
}

/** Throws AuthRefusal `reauthentication_needed` for who has a password, did not send it, and did not come by a link. */
export async function requireFreshness(
  env: Env,
  user: UserRecord,
  claims: AccessClaims,
  currentPassword: string | undefined,
): Promise<void> {
  const byLink = claims.methods.includes('recovery') || claims.methods.includes('otp');
  if (user.passwordHash === null || byLink) return;
  if (currentPassword === undefined) {
    throw new AuthRefusal(400, 'reauthentication_needed', 'The current password is required');
  }
  await withTurn(visitorOfSession(claims), async (inTurn) => {
    const counted = await countPresentPassword(env, claims.sessionId);
    if (!(await inTurn(() => isHashed(hashingOf(env), currentPassword, user.passwordHash)))) {
      throw new AuthRefusal(400, 'invalid_credentials', 'Wrong current password');
    }
    await counted.wasRight();
  });
}

/** A signed-in user is identified by their session. */
const visitorOfSession = ({ sessionId }: AccessClaims): Visitor => ({ known: sessionId, address: null });

const hashedFor = (env: Env, claims: AccessClaims, password: string): Promise<string> =>
  withTurn(visitorOfSession(claims), (inTurn) => inTurn(() => hashBy(hashingOf(env), password)));

async function update(
  metadata: Metadata,
  user: UserRecord,
  change: Parameters<Metadata['users']['update']>[1],
): Promise<UserRecord> {
  try {
    const changed = await metadata.users.update(user.id, change);
    if (changed === null) throw new AuthRefusal(403, 'user_not_found', 'User not found');
    return changed;
  } catch (error) {
    if (!isAppFluxError(error, 'email_taken')) throw error;
    throw new AuthRefusal(422, 'email_exists', 'This email is already in use');
  }
}
