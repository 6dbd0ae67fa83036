/** What a project's own configuration of wrangler says about a server that its framework has built. */
import { readProject, settingsOf } from './wrangler-output.mjs';

/** Bindings of OpenNext's cache, and to the Worker itself. AppFlux has its own for both. */
const INTERNAL = /^(?:NEXT_(?:INC_CACHE|TAG_CACHE|CACHE)_|WORKER_SELF_REFERENCE$|ASSETS$|IMAGES$)/;

/**
 * @param {import('./context.mjs').Context} ctx
 * @returns {Promise<{ vars: Record<string, unknown>, crons: string[], bindings: Record<string, 'kv' | 'sqlite'> }>}
 * empty where the project has no configuration
 * @throws {import('./failure.mjs').PackFailure} if it names a binding that AppFlux has nothing for
 */
export async function ownSettings(ctx) {
  const config = await readProject(ctx);
  if (config === null) return { vars: {}, crons: [], bindings: {} };
  const { vars, crons, bindings } = settingsOf(withoutInternal(config));
  return { vars, crons, bindings };
}

/** @param {Record<string, unknown>} config as wrangler reads it */
export function withoutInternal(config) {
  const kept = (list) => list?.filter(({ binding, name }) => !INTERNAL.test(binding ?? name ?? ''));
  const { durable_objects: objects } = config;
  return {
    ...config,
    services: kept(config.services),
    kv_namespaces: kept(config.kv_namespaces),
    d1_databases: kept(config.d1_databases),
    r2_buckets: kept(config.r2_buckets),
    durable_objects: objects && { ...objects, bindings: kept(objects.bindings) },
  };
}
