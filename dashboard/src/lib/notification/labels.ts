import type { DeliveryEvent, DeliveryStatus, HookKind, NotificationEvent } from '@appflux/protocol';

/** What each kind is called. */
export const KIND_LABEL: Readonly<Record<HookKind, string>> = {
  webhook: 'Webhook',
  slack: 'Slack',
  discord: 'Discord',
  email: 'Email',
};

/** Where the target of each kind comes from. */
export const TARGET_HINT: Readonly<Record<HookKind, string>> = {
  webhook: 'Receives signed POST requests with JSON.',
  slack: 'From an incoming webhook of your Slack app.',
  discord: 'From the channel’s settings, under Integrations.',
  email: 'One address. For several people, use a mailing list.',
};

/** What a target looks like. */
export const TARGET_EXAMPLE: Readonly<Record<HookKind, string>> = {
  webhook: 'https://example.com/appflux',
  slack: 'https://hooks.slack.com/services/…',
  discord: 'https://discord.com/api/webhooks/…',
  email: 'team@example.com',
};

/** What each event is called, and when it happens. */
export const EVENT: Readonly<Record<NotificationEvent, { label: string; when: string }>> = {
  'deployment.succeeded': { label: 'Succeeded', when: 'A deployment is ready.' },
  'deployment.failed': { label: 'Failed', when: 'A build or upload failed. Includes the first error.' },
  'deployment.recovered': { label: 'Recovered', when: 'The first success after a failure.' },
  'deployment.canceled': { label: 'Canceled', when: 'Someone or something canceled it.' },
  'deployment.waiting': {
    label: 'Waiting',
    when: 'It needs approval, or no runner has picked it up for a while.',
  },
};

/** The event of a delivery as text. */
export const eventLabel = (event: DeliveryEvent): string =>
  event === 'test' ? 'Test' : `Deployment ${EVENT[event].label.toLowerCase()}`;

/** The label and tone of a delivery's status. */
export const DELIVERY_STATUS: Readonly<Record<DeliveryStatus, { label: string; tone: string }>> = {
  pending: { label: 'Retrying', tone: 'text-warn' },
  delivered: { label: 'Delivered', tone: 'text-good' },
  failed: { label: 'Failed', tone: 'text-bad' },
};
