/** One-time links: the owner's sign-in link, and links that let somebody set a new password. */
import { AppFluxError } from '@appflux/protocol';
import type { Env } from '../env.ts';
import type { Metadata, UserRecord } from '../metadata/metadata.ts';
import { forgetLinksOf } from '../outbox/index.ts';
import { setting } from '../settings.ts';
import { invitationUrl } from './invitation.ts';
import { issueToken } from './one-time-token.ts';

/** The note of the operator's invitation. */
const BY_OPERATOR = 'by the operator';

/** How long a sign-in link is good, in milliseconds. */
const SIGN_IN_MS = 24 * 3_600_000;

/** How long a link that somebody asked for is good, in milliseconds. */
const MAGIC_MS = 3_600_000;

/** How long a recovery link is good, in milliseconds. */
const RECOVERY_MS = 3_600_000;

export interface OneTimeLink {
  /** The id of its token. */
  id: string;
  url: string;
  expiresAt: string;
}

/**
 * Creates a one-time link for the owner, valid for 24 hours, and ends earlier ones. With the embedded issuer it signs the
 * owner in. With a Supabase project it is an invitation: the user who signs in there and accepts it becomes an owner. The
 * token is in the fragment, which browsers don't send, so it reaches no server's log.
 * @throws AppFluxError `not_found` without an owner
 */
export async function createSignInLink(env: Env, metadata: Metadata): Promise<OneTimeLink> {
  const owner = await metadata.users.owner();
  if (owner === null) {
    throw new AppFluxError('not_found', 'This instance has no owner yet', {
      hint: 'Call POST /api/ops/setup first.',
    });
  }
  const expiresAt = new Date(Date.now() + SIGN_IN_MS).toISOString();
  if (env.SUPABASE_URL) {
    await deleteOperatorInvitations(metadata, owner.id);
    const facts = { ownerId: owner.id, kind: 'invitation', name: BY_OPERATOR, role: 'owner' } as const;
    const { token, record } = await issueToken(metadata, 'invitation', { ...facts, expiresAt });
    return { id: record.id, url: invitationUrl(env, token), expiresAt };
  }
  await metadata.tokens.deleteKind(owner.id, 'sign_in');
  await forgetLinksOf(env, owner.id, 'sign_in');
  const { token, record } = await issueToken(metadata, 'signIn', {
    ownerId: owner.id,
    kind: 'sign_in',
    name: 'sign-in link',
    expiresAt,
  });
  return { id: record.id, url: `${setting(env, 'PUBLIC_URL')}/sign-in#token_hash=${token}`, expiresAt };
}

/** Deletes invitations that createSignInLink created. Those of members stay. */
async function deleteOperatorInvitations(metadata: Metadata, teamId: string): Promise<void> {
  let cursor: string | undefined;
  do {
    const page = await metadata.tokens.list(teamId, 'invitation', {
      limit: 100,
      ...(cursor !== undefined && { cursor }),
    });
    for (const { id, name, createdBy } of page.items) {
      if (name === BY_OPERATOR && createdBy === null) await metadata.tokens.delete(teamId, 'invitation', id);
    }
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
}

/** Makes a link that signs a user in once, within an hour. */
export async function createMagicLink(env: Env, metadata: Metadata, user: UserRecord): Promise<OneTimeLink> {
  const expiresAt = new Date(Date.now() + MAGIC_MS).toISOString();
  const { token, record } = await issueToken(metadata, 'signIn', {
    ownerId: user.id,
    kind: 'sign_in',
    name: 'magic link',
    expiresAt,
  });
  return { id: record.id, url: `${setting(env, 'PUBLIC_URL')}/sign-in#token_hash=${token}`, expiresAt };
}

/** Makes a link that lets a user set a new password once, within an hour, and ends the ones made before. */
export async function createRecoveryLink(
  env: Env,
  metadata: Metadata,
  user: UserRecord,
): Promise<OneTimeLink> {
  const expiresAt = new Date(Date.now() + RECOVERY_MS).toISOString();
  await metadata.tokens.deleteKind(user.id, 'recovery');
  await forgetLinksOf(env, user.id, 'recovery');
  const { token, record } = await issueToken(metadata, 'recovery', {
    ownerId: user.id,
    kind: 'recovery',
    name: 'recovery link',
    expiresAt,
  });
  return {
    id: record.id,
    url: `${setting(env, 'PUBLIC_URL')}/reset-password#token_hash=${token}`,
    expiresAt,
  };
}
