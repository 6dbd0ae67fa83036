import type { Db } from 'mongodb';
import type { WebhookSecretRecord, WebhookSecretStore } from '../webhook-secrets.ts';
import { is, Records } from './database.ts';

export function createWebhookSecretStore(db: Db): WebhookSecretStore {
  const secrets = new Records<WebhookSecretRecord>(db, 'webhookSecrets');

  return {
    async insert(secret) {
      if (!(await secrets.insert(secret)))
        throw new Error(`There is a webhook secret with the id ${secret.id} already`);
    },

    list: (ownerId) => secrets.all({ ownerId: is(ownerId) }, { createdAt: -1, _id: -1 }),

    async touch(id, lastUsedAt) {
      await secrets.change(id, { lastUsedAt });
    },

    async delete(ownerId, id) {
      const secret = await secrets.first({ ...secrets.key(id), ownerId: is(ownerId) });
      return secret !== null && (await secrets.remove(secrets.key(id))) > 0 ? secret : null;
    },

    async deleteOf(ownerId) {
      await secrets.remove({ ownerId: is(ownerId) });
    },

    all: (after, limit) => secrets.walk(after, limit),

    async reseal(id, from, to) {
      const resealed = { ...secrets.key(id), sealed: is(from) };
      return (await secrets.documents.updateOne(resealed, { $set: { sealed: to } })).matchedCount > 0;
    },
  };
}
