import type { ClientPart } from '@appflux/client';
import type { OutboxItem } from '@appflux/protocol';
import { LiveResource } from '#lib/live/live-resource.svelte.ts';
import type { PageLifecycle } from '#lib/live/page-lifecycle.ts';

/** Milliseconds between loads while the page is visible. */
const PAUSE_MS = 10_000;

/** The one-time links that were not emailed, for the owner of the instance to pass on. */
export class PendingLinks extends LiveResource<OutboxItem[]> {
  constructor(api: ClientPart<{ operator: 'outbox' }>, page?: PageLifecycle) {
    super({
      load: (signal) => api.operator.outbox({ signal }),
      pauseAfter: () => PAUSE_MS,
      ...(page && { page }),
    });
  }
}

const KINDS: Readonly<Record<OutboxItem['kind'], string>> = {
  sign_in: 'Sign-in link',
  recovery: 'Password reset link',
  invitation: 'Invitation',
};

/** The label for the kind of a link. */
export const linkLabel = ({ kind }: OutboxItem): string => KINDS[kind];

/** Why a link was not emailed; null on instances that don't send email. */
export function deliveryNote({ failure, nextTryAt }: OutboxItem): string | null {
  if (failure === null) return nextTryAt === null ? null : 'Sending by email.';
  return nextTryAt === null ? `Email failed: ${failure}.` : `Email failed and will be retried: ${failure}.`;
}
