import { allItems, type ClientPart } from '@appflux/client';
import type { ApiToken, CreatedToken, Scope } from '@appflux/protocol';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

type Calls = ClientPart<{ tokens: 'list' | 'create' | 'delete' }>;

/** What each scope allows. */
export const SCOPE_MEANING: Readonly<Record<Scope, string>> = {
  'apps:read': 'Read apps and their settings, except variable values',
  'apps:write': 'Create, change, and delete apps and their variables',
  'variables:write': 'Set and delete variables, without reading their values',
  'deployments:read': 'Read deployments, logs, and artifacts',
  'deployments:write': 'Deploy, cancel, redeploy, and promote',
  'runners:write': 'Add, drain, and remove runners',
  admin: 'Full access, including tokens',
};

/** The lifetimes on offer, in days; null never expires. */
export const LIFETIMES: readonly { days: number | null; label: string }[] = [
  { days: 7, label: '7 days' },
  { days: 30, label: '30 days' },
  { days: 90, label: '90 days' },
  { days: 365, label: '1 year' },
  { days: null, label: 'No expiry' },
];

/** The user's API tokens. */
export class TokenList extends LiveResource<ApiToken[]> {
  readonly #api: Calls;

  constructor(api: Calls, page?: PageLifecycle) {
    super({
      load: (signal) => allItems((query) => api.tokens.list(query, { signal })),
      pauseAfter: () => null,
      ...(page && { page }),
    });
    this.#api = api;
  }

  /** Creates a token that expires after `days`. Only this response has its secret. Throws an AppFluxError. */
  async create(name: string, scopes: Scope[], days: number | null, now = Date.now()): Promise<CreatedToken> {
    const expiresAt = days === null ? {} : { expiresAt: new Date(now + days * 86_400_000).toISOString() };
    const created = await this.#api.tokens.create({ name, scopes, ...expiresAt });
    await this.refresh();
    return created;
  }

  /** Throws an AppFluxError. */
  async revoke(id: string): Promise<void> {
    await this.#api.tokens.delete(id);
    await this.refresh();
  }
}
