/** Limits of state. docs/limits.md lists them for people. Sizes are in bytes. */

const MIB = 1024 * 1024;

/** Those of Workers KV: https://developers.cloudflare.com/kv/platform/limits/ */
export const KV_LIMITS = {
  keyBytes: 512,
  valueBytes: 25 * MIB,
  metadataBytes: 1024,
  listKeys: 1000,
  bulkKeys: 100,
  bulkBytes: 25 * MIB,
  expirationTtlSeconds: 60,
} as const;

/** Those of D1 (https://developers.cloudflare.com/d1/platform/limits/), and what fits into one answer by RPC. */
export const SQL_LIMITS = {
  statementBytes: 100_000,
  valueBytes: 2_000_000,
  params: 100,
  statements: 10_000,
  /** Of all results of a call: characters of texts, bytes of others. Texts may take two bytes each of RPC's 32 MiB. */
  resultBytes: 15 * MIB,
} as const;

/** What one row of the object's own tables holds of a value. A row of Durable Objects has 2 MB at most. */
export const CHUNK_BYTES = MIB;

/** An object reports its size when it has changed by so much since it last did. */
export const REPORT_BYTES = MIB;

/** What all bindings of an App may hold together, unless SERVER_STATE_MB says otherwise. */
const DEFAULT_QUOTA_MB = 1024;

/** The quota of an App, from the setting SERVER_STATE_MB; the default for what is no number of megabytes. */
export function quotaBytes(setting: string | undefined): number {
  const isNumber = /^\d+$/.test(setting ?? '');
  return (isNumber ? Number(setting) : DEFAULT_QUOTA_MB) * MIB;
}
