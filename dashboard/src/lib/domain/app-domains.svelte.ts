import type { ClientPart } from '@appflux/client';
import type { App, Domain, DomainList, DomainStatus } from '@appflux/protocol';
import { inSentence } from '#lib/format/in-sentence.ts';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

type Calls = ClientPart<{ domains: 'list' | 'add' | 'verify' | 'remove' }>;

/** The server checks pending domains by itself; the page looks at the results. */
const PENDING_MS = 5000;
const SETTLED_MS = 60_000;

/** The label of each status. */
export const DOMAIN_STATUS: Readonly<Record<DomainStatus, string>> = {
  pending: 'Pending',
  active: 'Active',
  failed: 'Failed',
};

/** The custom domains of one app. */
export class AppDomains extends LiveResource<DomainList> {
  readonly #api: Calls;
  readonly #slug: string;

  constructor(slug: string, api: Calls, page?: PageLifecycle) {
    super({
      load: (signal) => api.domains.list(slug, { signal }),
      pauseAfter: (list) =>
        list?.items.some(({ status }) => status === 'pending') ? PENDING_MS : SETTLED_MS,
      ...(page && { page }),
    });
    this.#api = api;
    this.#slug = slug;
  }

  /** By host; null until loaded. */
  get items(): readonly Domain[] | null {
    return this.all?.items ?? null;
  }

  /** The hosts that others can redirect to: those that serve the site themselves. */
  get targets(): string[] {
    return (this.items ?? []).filter(({ redirectTo }) => redirectTo === null).map(({ host }) => host);
  }

  /** Adds a host, which redirects to another domain of the app if one is named. Throws an AppFluxError. */
  async add(host: string, redirectTo: string | null): Promise<Domain> {
    const added = await this.#api.domains.add(this.#slug, {
      host,
      ...(redirectTo === null ? {} : { redirectTo }),
    });
    await this.refresh();
    return added;
  }

  /** Checks its records now. Throws an AppFluxError. */
  async check(host: string): Promise<Domain> {
    try {
      return await this.#api.domains.verify(this.#slug, host);
    } finally {
      await this.refresh();
    }
  }

  /** Throws an AppFluxError. */
  async remove(host: string): Promise<void> {
    await this.#api.domains.remove(this.#slug, host);
    await this.refresh();
  }
}

/** What screen readers announce when domains change; empty if nothing did. */
export function announcement(before: readonly Domain[] | null, after: readonly Domain[] | null): string {
  if (before === null || after === null) return '';
  const changed = after.filter(({ host, status }) => {
    const earlier = before.find((domain) => domain.host === host);
    return earlier !== undefined && earlier.status !== status;
  });
  return changed.map(({ host, status }) => `${host}: ${inSentence(DOMAIN_STATUS[status])}.`).join(' ');
}

/** Where an app’s site is at a host: with the scheme and the port of the instance. */
export function siteAt(host: string, { urls }: Pick<App, 'urls'>): string {
  const url = new URL(urls.page);
  url.hostname = host;
  return url.origin;
}
