/** Webhooks of Git hosts: the secrets that they are signed with, and what a host sends. */
import {
  CreatedWebhookSecret,
  type CreateWebhookSecret,
  type GitProvider,
  WebhookAnswer,
  WebhookSecretList,
} from '@appflux/protocol';
import { type CallOptions, type Calls, path } from '../http/calls.ts';

export const webhooks = (calls: Calls) => ({
  /** All webhook secrets of the team, newest first. */
  secrets: (options: CallOptions = {}): Promise<WebhookSecretList> =>
    calls.json(WebhookSecretList, 'GET', '/api/webhook-secrets', options),
  /** The secret itself is in this response only. */
  createSecret: (body: CreateWebhookSecret, options: CallOptions = {}): Promise<CreatedWebhookSecret> =>
    calls.json(CreatedWebhookSecret, 'POST', '/api/webhook-secrets', { body, ...options }),
  deleteSecret: (id: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/webhook-secrets/${id}`, options),
  /**
   * Sends a payload as a Git host does. `headers` has its event, its delivery and its signature over the JSON of `body`;
   * `teamId` selects the secrets of a team instead of the instance's.
   */
  deliver: (
    provider: GitProvider,
    {
      body,
      headers,
      teamId,
    }: { body: unknown; headers: Readonly<Record<string, string>>; teamId?: string | undefined },
    options: CallOptions = {},
  ): Promise<WebhookAnswer> =>
    calls.json(
      WebhookAnswer,
      'POST',
      provider === 'github' ? '/hooks/github' : path`/hooks/git/${provider}`,
      {
        body,
        headers,
        query: { team: teamId },
        anonymous: true,
        ...options,
      },
    ),
});
