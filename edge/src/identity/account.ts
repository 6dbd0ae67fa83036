/** What people do to their own account: sign in by password, change it, and get back in without it. */
import { isAppFluxError } from '@appflux/protocol';
import { noteOfUser } from '../audit/note.ts';
import type { Env } from '../env.ts';
import type { Metadata, UserRecord } from '../metadata/metadata.ts';
import type { AccessClaims } from './access-token.ts';
import { AuthRefusal } from './auth-refusal.ts';
import { beginSession, type Session } from './issuer.ts';
import { hashPassword, isPassword } from './password.ts';
import { limitPasswords, limitRecoveries, passwordWasRight } from './sign-in-limits.ts';
import { createMagicLink, createRecoveryLink } from './sign-in-link.ts';
import { requirePassword } from './sign-up.ts';

/** Signs in by e-mail address and password. Throws AuthRefusal, the same for an address that nobody has. */
export async function signInWithPassword(
  env: Env,
  metadata: Metadata,
  { email, password, address }: { email: string; password: string; address: string },
): Promise<Session> {
  await limitPasswords(env, email, address);
  const user = await metadata.users.byEmail(email);
  // Also without a user: a stranger cannot tell by the time whether there is one.
  const right = await isPassword(password, user?.passwordHash ?? null);
  if (user === null || !right) {
    throw new AuthRefusal(400, 'invalid_credentials', 'The e-mail address or the password is not right');
  }
  await passwordWasRight(env, email);
  return beginSession(env, metadata, user, 'password');
}

/**
 * Makes a recovery link for the account of this e-mail address, if there is one; null otherwise, which the asker is
 * not told. This instance sends no mail: the link goes to the operator, who knows the person.
 */
export async function recover(env: Env, metadata: Metadata, email: string, address: string): Promise<void> {
  await limitRecoveries(env, email, address);
  const user = await metadata.users.byEmail(email);
  if (user === null) return;
  const { url, expiresAt } = await createRecoveryLink(env, metadata, user);
  await noteOfUser(metadata, user, 'recovery.asked');
  console.log(`recovery link for ${JSON.stringify(user.email)}, good once until ${expiresAt}: ${url}`);
}

/**
 * The same for a link that signs in, as `signInWithOtp` asks for. Nobody comes by it who is not here yet. It does not
 * end links that were made before: whoever knows an address could take away the one that the operator gave.
 */
export async function askForLink(
  env: Env,
  metadata: Metadata,
  email: string,
  address: string,
): Promise<void> {
  await limitRecoveries(env, email, address);
  const user = await metadata.users.byEmail(email);
  if (user === null) return;
  const { url, expiresAt } = await createMagicLink(env, metadata, user);
  await noteOfUser(metadata, user, 'link.asked');
  console.log(`sign-in link for ${JSON.stringify(user.email)}, good once until ${expiresAt}: ${url}`);
}

/** What a person may change of their account. */
export interface AccountChange {
  email?: string | undefined;
  password?: string | undefined;
  currentPassword?: string | undefined;
}

/**
 * Changes an account. Whoever has a password shows it, so that a stolen access token is not a stolen account; who
 * came by a one-time link within the hour need not. A new password ends all other sessions.
 */
export async function changeAccount(
  env: Env,
  metadata: Metadata,
  user: UserRecord,
  claims: AccessClaims,
  { email, password, currentPassword }: AccountChange,
  address: string,
): Promise<UserRecord> {
  if (email === undefined && password === undefined) return user;
  if (password !== undefined) requirePassword(password, email ?? user.email);
  await requireFreshness(env, user, claims, currentPassword, address);
  const changed = await update(metadata, user, {
    ...(email === undefined ? {} : { email }),
    ...(password === undefined ? {} : { passwordHash: await hashPassword(password) }),
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
  { methods }: AccessClaims,
  currentPassword: string | undefined,
  address: string,
): Promise<void> {
  const byLink = methods.includes('recovery') || methods.includes('otp');
  if (user.passwordHash === null || byLink) return;
  if (currentPassword === undefined) {
    throw new AuthRefusal(400, 'reauthentication_needed', 'Send the present password along');
  }
  await limitPasswords(env, user.email, address);
  if (!(await isPassword(currentPassword, user.passwordHash))) {
    throw new AuthRefusal(400, 'invalid_credentials', 'The present password is not right');
  }
  await passwordWasRight(env, user.email);
}

async function update(
  metadata: Metadata,
  user: UserRecord,
  change: Parameters<Metadata['users']['update']>[1],
): Promise<UserRecord> {
  try {
    const changed = await metadata.users.update(user.id, change);
    if (changed === null) throw new AuthRefusal(403, 'user_not_found', 'There is no such user');
    return changed;
  } catch (error) {
    if (!isAppFluxError(error, 'email_taken')) throw error;
    throw new AuthRefusal(422, 'email_exists', 'Somebody has this e-mail address already');
  }
}
