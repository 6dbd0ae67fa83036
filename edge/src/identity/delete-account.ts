/** Deleting one's own account. */
import { isAppFluxError } from '@appflux/protocol';
import { noteOfUser } from '../audit/note.ts';
import type { Env } from '../env.ts';
import type { MemberRecord, Metadata, TokenKind, UserRecord } from '../metadata/metadata.ts';
import { forgetLinksOf } from '../outbox/index.ts';
import type { AccessClaims } from './access-token.ts';
import { requireFreshness } from './account.ts';
import { AuthRefusal } from './auth-refusal.ts';

/** What signs a person in. */
const KINDS: readonly TokenKind[] = ['sign_in', 'recovery', 'auth_code'];

/**
 * Removes a person's account, their memberships, what they made for their teams, and all their sessions. Who has a
 * password shows it, as for every change of an account. Throws AuthRefusal `instance_owner` for the one whom the
 * operator lets in, and `last_owner` for who would leave a team without owner. Broken off, it can be done again.
 */
export async function deleteAccount(
  env: Env,
  metadata: Metadata,
  user: UserRecord,
  claims: AccessClaims,
  currentPassword: string | undefined,
): Promise<void> {
  if ((await metadata.users.owner())?.id === user.id) {
    throw new AuthRefusal(422, 'instance_owner', 'The owner of this instance can’t be deleted');
  }
  await requireFreshness(env, user, claims, currentPassword);
  const memberships = await metadata.members.ofUser(user.id);
  for (const membership of memberships) await requireAnotherOwner(metadata, membership);
  await noteOfUser(metadata, user, 'account.delete');
  for (const { teamId } of memberships) {
    await leave(metadata, teamId, user.id);
    await metadata.tokens.deleteMadeBy(teamId, user.id);
    await metadata.appLists.forgetFavourites(user.id, teamId);
  }
  for (const kind of KINDS) await metadata.tokens.deleteKind(user.id, kind);
  await forgetLinksOf(env, user.id);
  await metadata.users.delete(user.id);
  await metadata.sessions.endSessionsOf(user.id, null);
}

/** Checked for all teams before anything is deleted: a user who may not leave loses nothing. */
async function requireAnotherOwner(
  metadata: Metadata,
  { teamId, userId, role }: MemberRecord,
): Promise<void> {
  if (role !== 'owner') return;
  let cursor: string | undefined;
  do {
    const page = await metadata.members.list(teamId, { limit: 100, ...(cursor !== undefined && { cursor }) });
    if (page.items.some((other) => other.role === 'owner' && other.userId !== userId)) return;
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  throw lastOwner();
}

async function leave(metadata: Metadata, teamId: string, userId: string): Promise<void> {
  try {
    await metadata.members.delete(teamId, userId);
  } catch (error) {
    // The other owner has gone in between.
    if (isAppFluxError(error, 'last_owner')) throw lastOwner();
    throw error;
  }
}

const lastOwner = () =>
  new AuthRefusal(
    422,
    'last_owner',
    'You are the last owner of a team. Delete the team first, or make someone else its owner.',
  );
