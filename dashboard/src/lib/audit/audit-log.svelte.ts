import type { ClientPart } from '@appflux/client';
import type { AppFluxError, AuditEntry } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';

/** The audit log, a page at a time. */
export class AuditLog {
  readonly #api: ClientPart<{ team: 'audit' }>;
  #entries = $state.raw<AuditEntry[] | null>(null);
  #cursor = $state<string | null>(null);
  #error = $state.raw<AppFluxError | null>(null);
  #busy = $state(false);

  constructor(api: ClientPart<{ team: 'audit' }>) {
    this.#api = api;
  }

  /** Newest first; null until loaded. */
  get entries(): AuditEntry[] | null {
    return this.#entries;
  }

  get error(): AppFluxError | null {
    return this.#error;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Whether there are older entries. */
  get more(): boolean {
    return this.#cursor !== null;
  }

  /** Loads the next page of older entries; at first, the newest. */
  async load(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      const page = await this.#api.team.audit({ limit: 50, ...(this.#cursor && { cursor: this.#cursor }) });
      this.#entries = [...(this.#entries ?? []), ...page.items];
      this.#cursor = page.nextCursor;
      this.#error = null;
    } catch (caught) {
      this.#error = toError(caught);
    } finally {
      this.#busy = false;
    }
  }
}
