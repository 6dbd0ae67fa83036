/** Making tokens that are shown once: what the kinds have in common. */
import type { Metadata, TokenRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { hashToken, makeToken, type TOKEN_PREFIX } from './tokens.ts';

/** What tells one token from others of its kind; what is left out has no value. */
export type TokenFacts = Pick<TokenRecord, 'ownerId' | 'kind' | 'name'> &
  Partial<Pick<TokenRecord, 'scopes' | 'role' | 'appId' | 'createdBy' | 'expiresAt'>>;

/** Makes a token and keeps its hash. The token itself is in the answer and nowhere else. */
export async function issueToken(
  metadata: Metadata,
  prefix: keyof typeof TOKEN_PREFIX,
  facts: TokenFacts,
): Promise<{ token: string; record: TokenRecord }> {
  const token = makeToken(prefix);
  const now = Date.now();
  const record: TokenRecord = {
    id: newObjectId(now),
    scopes: [],
    role: null,
    appId: null,
    createdBy: null,
    expiresAt: null,
    ...facts,
    hash: await hashToken(token),
    lastUsedAt: null,
    createdAt: new Date(now).toISOString(),
  };
  await metadata.tokens.insert(record);
  return { token, record };
}
