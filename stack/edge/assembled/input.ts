/** What decides which services Miniflare assembles. It has no secrets: it is an argument of a process. */
import { z } from 'zod';
import { readWranglerConfig } from '../../wrangler/config.ts';

/**
 * The control plane's name in Miniflare. It is part of the path that Durable Objects are stored under, and the first
 * version used none.
 */
export const CONTROL_PLANE = '';

/** workerd's names of the control plane, and of the S3 endpoint of its bucket. */
export const CONTROL_PLANE_SERVICE = `core:user:${CONTROL_PLANE}`;
export const S3_SERVICE = 'r2:s3';

/**
 * Services that the instance has in place of Miniflare's: what Miniflare's own scripts write their log to, the network, and
 * the network of the control plane, before which Miniflare puts a Worker that changes headers and resizes pictures.
 */
export const LOOPBACK = 'loopback';
export const INTERNET = 'internet';
export const OUTBOUND = 'outbound:0';
export const PROVIDED = [LOOPBACK, INTERNET, OUTBOUND] as const;

/** A bucket's key pair, in place of the instance's own. */
export const PLACEHOLDER_KEYS = { accessKeyId: 'key-of-the-instance', secretAccessKey: 'of-the-instance' };

export const AssembleInput = z.object({
  /** wrangler.toml, absolute. */
  wranglerConfig: z.string(),
  metadataDatabases: z.int().optional(),
  /** The name of the embedded bucket. */
  bucket: z.string(),
  /** The folder of static assets, absolute, if it is not the one of wrangler.toml. */
  assets: z.string().optional(),
});
export type AssembleInput = z.infer<typeof AssembleInput>;

const WithAssets = z.looseObject({ assets: z.looseObject({ directory: z.string() }).optional() });

/** The folder of static assets, absolute; undefined if the Worker has none. */
export function assetFolder({ wranglerConfig, assets: own }: AssembleInput): string | undefined {
  const { assets } = WithAssets.parse(readWranglerConfig(wranglerConfig).workerOptions);
  return assets === undefined ? undefined : (own ?? assets.directory);
}
