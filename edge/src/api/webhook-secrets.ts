/** Webhook secrets: what a team's Git hosts sign their webhooks with, made here and shown once. */
import {
  AppFluxError,
  CreatedWebhookSecret,
  CreateWebhookSecret,
  MAX_WEBHOOK_SECRETS,
  ObjectId,
  type WebhookSecret,
  WebhookSecretList,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import type { Env } from '../env.ts';
import { audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import { newObjectId } from '../metadata/object-id.ts';
import type { WebhookSecretRecord } from '../metadata/webhook-secrets.ts';
import { createSealer, webhookSecretLabel } from '../secrets/sealing.ts';
import { makeSigningToken, makeToken } from '../secrets/tokens.ts';
import { setting } from '../settings.ts';

/** Where a team's webhooks are sent. The team in it only selects the secrets that are tried. */
export function webhookUrl(
  env: Env,
  { provider, ownerId }: Pick<WebhookSecretRecord, 'provider' | 'ownerId'>,
): string {
  const path = provider === 'github' ? 'github' : `git/${provider}`;
  return `${setting(env, 'PUBLIC_URL')}/hooks/${path}?team=${encodeURIComponent(ownerId)}`;
}

const shown = (env: Env, record: WebhookSecretRecord): WebhookSecret => ({
  id: record.id,
  provider: record.provider,
  name: record.name,
  url: webhookUrl(env, record),
  lastUsedAt: record.lastUsedAt,
  createdAt: record.createdAt,
});

export const webhookSecrets = router();

const shared = { tags: ['hooks'], security: bearer, middleware: needs('apps:write') };

webhookSecrets.openapi(
  createRoute({
    ...shared,
    method: 'get',
    path: '/api/webhook-secrets',
    summary: 'List the webhook secrets of the team, newest first, without the secrets themselves',
    responses: { 200: json(WebhookSecretList, 'The secrets'), ...refusals },
  }),
  async (c) => {
    const records = await c.get('metadata').webhookSecrets.list(c.get('caller').ownerId);
    return c.json({ items: records.map((record) => shown(c.env, record)), nextCursor: null }, 200);
  },
);

webhookSecrets.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: '/api/webhook-secrets',
    summary: 'Create a webhook secret; the response shows it only once',
    request: { body: jsonBody(CreateWebhookSecret) },
    responses: { 201: json(CreatedWebhookSecret, 'The secret, and the URL for it'), ...refusals },
  }),
  async (c) => {
    const { ownerId } = c.get('caller');
    const { webhookSecrets: secrets } = c.get('metadata');
    if ((await secrets.list(ownerId)).length >= MAX_WEBHOOK_SECRETS) {
      throw new AppFluxError('unprocessable', `A team has at most ${MAX_WEBHOOK_SECRETS} webhook secrets`, {
        hint: 'Delete one that is no longer used.',
      });
    }
    const { provider, name } = c.req.valid('json');
    const secret = provider === 'gitlab' ? makeSigningToken() : makeToken('webhookSecret');
    const id = newObjectId();
    const record: WebhookSecretRecord = {
      id,
      ownerId,
      provider,
      name,
      sealed: await createSealer(c.env).seal(secret, webhookSecretLabel(id)),
      lastUsedAt: null,
      createdAt: new Date().toISOString(),
    };
    await secrets.insert(record);
    await audited(c, 'webhook_secret.create', { kind: 'hook', id, name: `${provider}: ${name}` });
    return c.json({ ...shown(c.env, record), secret }, 201);
  },
);

webhookSecrets.openapi(
  createRoute({
    ...shared,
    method: 'delete',
    path: '/api/webhook-secrets/{id}',
    summary: 'Delete a webhook secret: what is signed with it is refused from now on',
    request: { params: z.object({ id: ObjectId }) },
    responses: { 204: { description: 'Deleted' }, ...refusals },
  }),
  async (c) => {
    const { id } = c.req.valid('param');
    const deleted = await c.get('metadata').webhookSecrets.delete(c.get('caller').ownerId, id);
    if (deleted === null) throw new AppFluxError('not_found', `There is no webhook secret ${id}`);
    const name = `${deleted.provider}: ${deleted.name}`;
    await audited(c, 'webhook_secret.delete', { kind: 'hook', id, name });
    return c.body(null, 204);
  },
);
