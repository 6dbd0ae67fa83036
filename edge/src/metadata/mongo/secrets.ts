import type { Db } from 'mongodb';
import type { SecretStore } from '../metadata.ts';
import { is, Records } from './database.ts';

export function createSecretStore(db: Db): SecretStore {
  const secrets = new Records<{ name: string; sealed: string }>(db, 'secrets');

  return {
    get: async (name) => (await secrets.first(secrets.key(name)))?.sealed ?? null,
    all: async () =>
      Object.fromEntries((await secrets.all({}, { _id: 1 })).map(({ name, sealed }) => [name, sealed])),
    reseal: async (name, from, to) => {
      const kept = { ...secrets.key(name), sealed: is(from) };
      return (await secrets.documents.updateOne(kept, { $set: { sealed: to } })).matchedCount > 0;
    },
    keep: async (name, sealed) => (await secrets.keep(name, { name, sealed })).sealed,
  };
}
