import type { ClientPart } from '@appflux/client';
import { STATE_EXPORT_EXTENSION, type StateItem } from '@appflux/protocol';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

type Calls = ClientPart<{ state: 'list' | 'export' | 'delete' }>;

/** What the servers of one app keep. */
export class AppState extends LiveResource<StateItem[]> {
  readonly #api: Calls;
  readonly #slug: string;

  constructor(slug: string, api: Calls, page?: PageLifecycle) {
    super({
      load: (signal) => api.state.list(slug, { signal }),
      pauseAfter: () => 60_000,
      ...(page && { page }),
    });
    this.#api = api;
    this.#slug = slug;
  }

  /** The bytes of all, and what they may have; null until loaded or if there is none. */
  get usage(): { bytes: number; quota: number } | null {
    const [first] = this.all ?? [];
    if (first === undefined) return null;
    return {
      bytes: (this.all ?? []).reduce((sum, { bytes }) => sum + bytes, 0),
      quota: first.quotaBytes,
    };
  }

  /** What a binding holds, as a file. Throws an AppFluxError. */
  async exported({ environment, binding, kind }: StateItem): Promise<{ content: Blob; name: string }> {
    const response = await this.#api.state.export(this.#slug, environment, binding);
    const name = `${this.#slug}-${environment}-${binding}.${STATE_EXPORT_EXTENSION[kind]}`;
    return { content: await response.blob(), name };
  }

  /** Deletes what a binding holds. Throws an AppFluxError. */
  async delete({ environment, binding }: StateItem): Promise<void> {
    await this.#api.state.delete(this.#slug, environment, binding);
    await this.refresh();
  }
}

/** An environment as people read it. */
export function environmentName(environment: StateItem['environment']): string {
  if (environment === 'production') return 'Production';
  return environment === 'preview' ? 'Previews' : 'Preview of a fork';
}
