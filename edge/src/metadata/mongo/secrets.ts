import type { Db } from 'mongodb';
import type { SecretStore } from '../metadata.ts';
import { Records } from './database.ts';

export function createSecretStore(db: Db): SecretStore {
  const secrets = new Records<{ name: string; sealed: string }>(db, 'secrets');

  return {
    get: async (name) => (await secrets.first(secrets.key(name)))?.sealed ?? null,
    keep: async (name, sealed) => (await secrets.keep(name, { name, sealed })).sealed,
  };
}
