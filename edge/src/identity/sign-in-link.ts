/** One-time links that sign the owner in, without a password that could be a default one. */
import { AppFluxError } from '@appflux/protocol';
import { type Env, setting } from '../env.ts';
import type { Metadata } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { hashToken, makeToken } from './tokens.ts';

/** How long a link is good, in milliseconds. */
const LINK_MS = 24 * 3_600_000;

export interface SignInLink {
  url: string;
  expiresAt: string;
}

/**
 * Makes a link that signs the owner in once, within 24 hours, and ends the links made before. The token is in
 * the fragment, which browsers do not send: it reaches no server's log. Throws `not_found` without an owner.
 */
export async function createSignInLink(env: Env, metadata: Metadata): Promise<SignInLink> {
  const owner = await metadata.users.owner();
  if (owner === null) {
    throw new AppFluxError('not_found', 'This instance has no owner yet', {
      hint: 'Call POST /api/ops/setup first.',
    });
  }
  const token = makeToken('signIn');
  const now = Date.now();
  const expiresAt = new Date(now + LINK_MS).toISOString();
  await metadata.tokens.deleteKind(owner.id, 'sign_in');
  await metadata.tokens.insert({
    id: newObjectId(now),
    ownerId: owner.id,
    kind: 'sign_in',
    name: 'sign-in link',
    scopes: [],
    role: null,
    appId: null,
    createdBy: null,
    hash: await hashToken(token),
    expiresAt,
    lastUsedAt: null,
    createdAt: new Date(now).toISOString(),
  });
  return { url: `${setting(env, 'PUBLIC_URL')}/sign-in#token_hash=${token}`, expiresAt };
}
