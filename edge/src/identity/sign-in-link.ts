/** One-time links: the owner's sign-in link, and links that let somebody set a new password. */
import { AppFluxError } from '@appflux/protocol';
import { type Env, setting } from '../env.ts';
import type { Metadata, UserRecord } from '../metadata/metadata.ts';
import { invitationUrl } from './invitation.ts';
import { issueToken } from './one-time-token.ts';

/** How long a sign-in link is good, in milliseconds. */
const SIGN_IN_MS = 24 * 3_600_000;

/** How long a link that somebody asked for is good, in milliseconds. */
const MAGIC_MS = 3_600_000;

/** How long a recovery link is good, in milliseconds. */
const RECOVERY_MS = 3_600_000;

export interface OneTimeLink {
  url: string;
  expiresAt: string;
}

/**
 * Makes a link that lets the owner in once, within 24 hours. With the embedded issuer it signs in, and ends the links
 * made before; where a Supabase project keeps the people, whoever signed in there becomes an owner by it. The token is
 * in the fragment, which browsers do not send: it reaches no server's log. Throws `not_found` without an owner.
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
    const facts = { ownerId: owner.id, kind: 'invitation', name: 'by the operator', role: 'owner' } as const;
    const { token } = await issueToken(metadata, 'invitation', { ...facts, expiresAt });
    return { url: invitationUrl(env, token), expiresAt };
  }
  await metadata.tokens.deleteKind(owner.id, 'sign_in');
  const { token } = await issueToken(metadata, 'signIn', {
    ownerId: owner.id,
    kind: 'sign_in',
    name: 'sign-in link',
    expiresAt,
  });
  return { url: `${setting(env, 'PUBLIC_URL')}/sign-in#token_hash=${token}`, expiresAt };
}

/** Makes a link that signs a user in once, within an hour. */
export async function createMagicLink(env: Env, metadata: Metadata, user: UserRecord): Promise<OneTimeLink> {
  const expiresAt = new Date(Date.now() + MAGIC_MS).toISOString();
  const { token } = await issueToken(metadata, 'signIn', {
    ownerId: user.id,
    kind: 'sign_in',
    name: 'magic link',
    expiresAt,
  });
  return { url: `${setting(env, 'PUBLIC_URL')}/sign-in#token_hash=${token}`, expiresAt };
}

/** Makes a link that lets a user set a new password once, within an hour, and ends the ones made before. */
export async function createRecoveryLink(
  env: Env,
  metadata: Metadata,
  user: UserRecord,
): Promise<OneTimeLink> {
  const expiresAt = new Date(Date.now() + RECOVERY_MS).toISOString();
  await metadata.tokens.deleteKind(user.id, 'recovery');
  const { token } = await issueToken(metadata, 'recovery', {
    ownerId: user.id,
    kind: 'recovery',
    name: 'recovery link',
    expiresAt,
  });
  return { url: `${setting(env, 'PUBLIC_URL')}/reset-password#token_hash=${token}`, expiresAt };
}
