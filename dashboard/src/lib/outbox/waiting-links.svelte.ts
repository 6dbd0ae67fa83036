import type { ClientPart } from '@appflux/client';
import type { OutboxItem } from '@appflux/protocol';
import { Live } from '#lib/live/live.svelte.ts';
import type { PageLife } from '#lib/live/page-life.ts';

/** How often the list is loaded while somebody looks, in milliseconds. */
const PAUSE_MS = 10_000;

/** The one-time links that wait to be passed on, for the owner of the instance. */
export class WaitingLinks {
  readonly #live: Live<OutboxItem[]>;

  constructor(api: ClientPart<{ operator: 'outbox' }>, page?: PageLife) {
    this.#live = new Live<OutboxItem[]>({
      load: (signal) => api.operator.outbox({ signal }),
      pauseAfter: () => PAUSE_MS,
      ...(page && { page }),
    });
  }

  /** Null until the first answer; the newest first. */
  get all(): OutboxItem[] | null {
    return this.#live.value;
  }

  get error() {
    return this.#live.error;
  }

  start(): () => void {
    return this.#live.start();
  }

  refresh(): Promise<void> {
    return this.#live.refresh();
  }
}

const KINDS: Readonly<Record<OutboxItem['kind'], string>> = {
  sign_in: 'Sign-in link',
  recovery: 'Password reset link',
  invitation: 'Invitation',
};

/** What a link is for. */
export const kindWords = ({ kind }: OutboxItem): string => KINDS[kind];

/** Why a link waits here, when mail was to bring it; null when no mail is sent. */
export function waitWords({ failure, nextTryAt }: OutboxItem): string | null {
  if (failure === null) return nextTryAt === null ? null : 'Sending by email.';
  return nextTryAt === null ? `Email failed: ${failure}.` : `Email failed and will be retried: ${failure}.`;
}
