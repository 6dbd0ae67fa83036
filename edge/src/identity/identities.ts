/** The ways in which a person signs in, as supabase-js knows them: `identities` of a user. */
import { noteOfUser } from '../audit/note.ts';
import type { Metadata, UserRecord } from '../metadata/metadata.ts';
import { AuthRefusal } from './auth-refusal.ts';

/** The identity of a linked GitHub account. */
const githubIdentity = (githubId: string) => `github-${githubId}`;

/** A user's identities (`UserIdentity` in @supabase/auth-js): a password, a GitHub account, both or neither. */
export function identitiesOf({ id, email, passwordHash, githubId, createdAt }: UserRecord) {
  const identity = (provider: string, identityId: string, providerId: string) => ({
    identity_id: identityId,
    id: providerId,
    user_id: id,
    provider,
    identity_data: { sub: providerId, email },
    created_at: createdAt,
    updated_at: createdAt,
  });
  return [
    ...(passwordHash === null ? [] : [identity('email', id, id)]),
    ...(githubId === null ? [] : [identity('github', githubIdentity(githubId), githubId)]),
  ];
}

/**
 * Takes a GitHub account off a user who has a password. Throws AuthRefusal `single_identity_not_deletable` when it is
 * the only way in that is left to them, and `identity_not_found` for what is not linked.
 */
export async function unlink(metadata: Metadata, user: UserRecord, identityId: string): Promise<void> {
  const { githubId, passwordHash } = user;
  if (identityId === user.id && passwordHash !== null) {
    throw new AuthRefusal(
      422,
      'single_identity_not_deletable',
      'The password can’t be removed. Change it instead.',
    );
  }
  if (githubId === null || identityId !== githubIdentity(githubId)) {
    throw new AuthRefusal(422, 'identity_not_found', 'This sign-in method is not linked');
  }
  if (passwordHash === null) {
    throw new AuthRefusal(
      422,
      'single_identity_not_deletable',
      'This is your only sign-in method. Set a password first.',
    );
  }
  await metadata.users.update(user.id, { githubId: null });
  await noteOfUser(metadata, user, 'identity.unlink');
}
