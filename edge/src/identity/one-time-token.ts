/** Making tokens that are shown once: what the kinds have in common. */
import { AppFluxError } from '@appflux/protocol';
import type { Metadata, TokenRecord } from '../metadata/metadata.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { hashToken, makeToken } from '../secrets/tokens.ts';
import type { TOKEN_PREFIX } from '../token-prefix.ts';

/** What tells one token from others of its kind; what is left out has no value. */
export type TokenFacts = Pick<TokenRecord, 'ownerId' | 'kind' | 'name'> &
  Partial<Pick<TokenRecord, 'scopes' | 'role' | 'appId' | 'createdBy' | 'expiresAt'>>;

/**
 * How many of a kind a team has at most, and deploy hooks an App. Nobody needs as many, and lists, backups and the
 * database are everybody's. Kinds that are not here are throttled where they are made, and expire.
 */
export const MAX_TOKENS = {
  api: { most: 500, what: 'A team has at most 500 API tokens' },
  invitation: { most: 500, what: 'A team has at most 500 invitations' },
  registration: { most: 200, what: 'A team has at most 200 registration tokens' },
  fleet: { most: 50, what: 'A team has at most 50 reusable registration tokens' },
  metrics: { most: 50, what: 'An instance has at most 50 metrics tokens' },
  deploy_hook: { most: 100, what: 'An app has at most 100 deploy hooks' },
} as const;

/** Refuses a token beyond MAX_TOKENS: throws AppFluxError `unprocessable`. */
async function requireRoom(metadata: Metadata, { ownerId, kind, appId }: TokenFacts): Promise<void> {
  if (!Object.hasOwn(MAX_TOKENS, kind)) return;
  const { most, what } = MAX_TOKENS[kind as keyof typeof MAX_TOKENS];
  const narrowed = kind === 'deploy_hook' && appId ? { appId } : undefined;
  if ((await metadata.tokens.count(ownerId, kind, narrowed)) < most) return;
  throw new AppFluxError('unprocessable', what, { hint: 'Delete one that is no longer used.' });
}

/**
 * Makes a token and keeps its hash. The token itself is in the answer and nowhere else.
 * Throws AppFluxError `unprocessable` when there are too many of its kind.
 */
export async function issueToken(
  metadata: Metadata,
  prefix: keyof typeof TOKEN_PREFIX,
  facts: TokenFacts,
): Promise<{ token: string; record: TokenRecord }> {
  await requireRoom(metadata, facts);
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
