/** The rules of the bucket: which pages may upload, and when unfinished uploads are removed. */
import { isDeepStrictEqual } from 'node:util';

/**
 * A rule of Cloudflare's API for CORS.
 * Source: https://developers.cloudflare.com/api/resources/r2/subresources/buckets/subresources/cors/
 */
export interface CorsRule {
  readonly allowed: {
    readonly origins: readonly string[];
    readonly methods: readonly string[];
    readonly headers?: readonly string[] | undefined;
  };
  readonly exposeHeaders?: readonly string[] | undefined;
  readonly maxAgeSeconds?: number | undefined;
}

/** A rule of Cloudflare's API for the lifecycle of objects; ours are known by their ids. */
export interface LifecycleRule {
  readonly id: string;
  readonly [field: string]: unknown;
}

/** What pages of the instance need: PUT of parts, whose ETags the browser may read. */
const corsFor = (origin: string): CorsRule => ({
  allowed: { origins: [origin], methods: ['PUT'], headers: ['*'] },
  exposeHeaders: ['ETag'],
  maxAgeSeconds: 3600,
});

/** Uploads that nobody completed. Presigned URLs end after an hour, and an interrupted build doesn't go on after a day. */
const ABORT_UPLOADS: LifecycleRule = {
  id: 'appflux-abort-uploads',
  enabled: true,
  conditions: { prefix: '' },
  abortMultipartUploadsTransition: { condition: { type: 'Age', maxAge: 7 * 24 * 3600 } },
};

/** Whether a rule lets pages of `origin` upload. */
const allows = ({ allowed, exposeHeaders }: CorsRule, origin: string): boolean =>
  (allowed.origins.includes(origin) || allowed.origins.includes('*')) &&
  allowed.methods.includes('PUT') &&
  (allowed.headers ?? []).some((header) => header === '*') &&
  (exposeHeaders ?? []).some((header) => header.toLowerCase() === 'etag');

/** The bucket's rules with what pages of `origin` need; null if nothing has to change. Rules of others stay. Pure. */
export function withCors(rules: readonly CorsRule[], origin: string): CorsRule[] | null {
  return rules.some((rule) => allows(rule, origin)) ? null : [...rules, corsFor(origin)];
}

/** The bucket's rules with ours; null if nothing has to change. Rules of others stay. Pure. */
export function withLifecycle(rules: readonly LifecycleRule[]): LifecycleRule[] | null {
  const ours = rules.find(({ id }) => id === ABORT_UPLOADS.id);
  // A bucket has such a rule from the beginning, under another name.
  if (ours === undefined ? rules.some(abortsUploads) : isDeepStrictEqual(ours, ABORT_UPLOADS)) return null;
  return [...rules.filter(({ id }) => id !== ABORT_UPLOADS.id), ABORT_UPLOADS];
}

/** Whether a rule removes all unfinished uploads. */
function abortsUploads(rule: LifecycleRule): boolean {
  const {
    enabled,
    conditions,
    abortMultipartUploadsTransition: transition,
  } = rule as {
    enabled?: boolean;
    conditions?: { prefix?: string };
    abortMultipartUploadsTransition?: { condition?: unknown };
  };
  return enabled === true && !conditions?.prefix && transition?.condition != null;
}
