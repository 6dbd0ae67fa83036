/** Webhook secrets: what a team's Git hosts sign their webhooks with. */
import { z } from 'zod';
import { ObjectId, Timestamp } from './ids.ts';
import { pageOf } from './page.ts';

/** The Git hosts whose webhooks are accepted. */
export const GitProvider = z.enum(['github', 'gitlab', 'gitea', 'forgejo', 'bitbucket']);
export type GitProvider = z.infer<typeof GitProvider>;

/** How many webhook secrets a team has at most. */
export const MAX_WEBHOOK_SECRETS = 50;

export const CreateWebhookSecret = z
  .strictObject({ provider: GitProvider, name: z.string().trim().min(1).max(80) })
  .meta({ id: 'CreateWebhookSecret' });
export type CreateWebhookSecret = z.infer<typeof CreateWebhookSecret>;

export const WebhookSecret = z
  .strictObject({
    id: ObjectId,
    provider: GitProvider,
    name: z.string(),
    /** The URL that the webhook is sent to. */
    url: z.url(),
    /** When a webhook was last signed with it, to within an hour. */
    lastUsedAt: Timestamp.nullable(),
    createdAt: Timestamp,
  })
  .meta({ id: 'WebhookSecret' });
export type WebhookSecret = z.infer<typeof WebhookSecret>;

/** The secret is only shown this time. */
export const CreatedWebhookSecret = WebhookSecret.extend({ secret: z.string() }).meta({
  id: 'CreatedWebhookSecret',
});
export type CreatedWebhookSecret = z.infer<typeof CreatedWebhookSecret>;

/** Response of `GET /api/webhook-secrets`, newest first. */
export const WebhookSecretList = pageOf(WebhookSecret).meta({ id: 'WebhookSecretList' });
export type WebhookSecretList = z.infer<typeof WebhookSecretList>;

/** The answer to a webhook. */
export const WebhookAnswer = z
  .union([
    /** `pending` is set if the delivery is stored and its deployments aren't decided yet. */
    z.strictObject({ deployments: z.array(ObjectId), pending: z.string().optional() }),
    z.strictObject({ ignored: z.string() }),
  ])
  .meta({ id: 'WebhookAnswer' });
export type WebhookAnswer = z.infer<typeof WebhookAnswer>;
