/** New accounts of the embedded issuer: by an invitation, or for anybody where the operator has opened sign-up. */
import { isAppFluxError } from '@appflux/protocol';
import type { Env } from '../env.ts';
import type { Metadata, TokenRecord, UserRecord } from '../metadata/metadata.ts';
import { forgetLink } from '../outbox/index.ts';
import { foundTeam, requireRoomInTeam, signUpIsOpen } from '../teams/team.ts';
import { AuthRefusal } from './auth-refusal.ts';
import { hashBy, hashingOf } from './hashes.ts';
import { type Visitor, withTurn } from './hashing.ts';
import { findInvitation, join, returnInvitation, takeInvitation } from './invitation.ts';
import { passwordProblem } from './password.ts';
import { countSignUp } from './sign-in-limits.ts';

/** Throws AuthRefusal `weak_password` when a password is not taken. */
export function requirePassword(password: string, email: string): void {
  const problem = passwordProblem(password, email);
  if (problem !== null) throw new AuthRefusal(422, 'weak_password', problem);
}

/** A new account that signs in by email and password. */
export async function signUpWithPassword(
  env: Env,
  metadata: Metadata,
  { email, password, invitation }: { email: string; password: string; invitation: string | null },
  visitor: Visitor,
): Promise<UserRecord> {
  await requireAdmission(env, metadata, invitation);
  requirePassword(password, email);
  const passwordHash = await withTurn(visitor, async (inTurn) => {
    if (invitation === null) await countSignUp(env, visitor.address);
    return inTurn(() => hashBy(hashingOf(env), password));
  });
  return admit(env, metadata, invitation, { email, passwordHash, githubId: null });
}

/** Refuses a user who may not create an account, before anything is done for them. */
export async function requireAdmission(
  env: Env,
  metadata: Metadata,
  invitation: string | null,
): Promise<void> {
  if (invitation !== null) {
    if ((await findInvitation(metadata, invitation)) === null) throw unknownInvitation();
  } else if (!signUpIsOpen(env)) {
    throw new AuthRefusal(422, 'signup_disabled', 'Sign-up is by invitation only');
  }
}

/**
 * Makes an account, in the team that it was invited to or in one of its own. The invitation is taken first, so that
 * it makes one account and no more, and put back when no account comes of it.
 */
export async function admit(
  env: Env,
  metadata: Metadata,
  token: string | null,
  facts: Pick<UserRecord, 'email' | 'passwordHash' | 'githubId'>,
): Promise<UserRecord> {
  const user: UserRecord = { id: crypto.randomUUID(), ...facts, createdAt: new Date().toISOString() };
  if (token === null) {
    await requireAdmission(env, metadata, null);
    await insert(metadata, user);
    await foundTeam(metadata, user);
    return user;
  }
  const invitation: TokenRecord | null = await takeInvitation(metadata, token);
  if (invitation === null) throw unknownInvitation();
  try {
    await requireRoomInTeam(metadata, invitation.ownerId, null);
    await insert(metadata, user);
  } catch (error) {
    await returnInvitation(metadata, invitation);
    if (isAppFluxError(error, 'unprocessable'))
      throw new AuthRefusal(422, 'validation_failed', error.message);
    throw error;
  }
  await join(metadata, invitation, user);
  await forgetLink(env, invitation.id);
  return user;
}

async function insert(metadata: Metadata, user: UserRecord): Promise<void> {
  try {
    await metadata.users.insert(user);
  } catch (error) {
    if (isAppFluxError(error, 'identity_taken')) {
      throw new AuthRefusal(
        422,
        'identity_already_exists',
        'That GitHub account is already linked to an account',
      );
    }
    if (!isAppFluxError(error, 'email_taken')) throw error;
    throw new AuthRefusal(422, 'user_already_exists', 'An account with this email exists already: sign in');
  }
}

const unknownInvitation = () =>
  new AuthRefusal(422, 'invite_not_found', 'Invalid invitation: already used, revoked or expired');
