/** The headers of a response with a file. Pure. */
import type { SiteFile } from '@appflux/protocol';
import { applySiteHeaders, type SiteHeader } from '../rules/index.ts';
import { isPage } from './content-type.ts';
import type { Encoding } from './encoding.ts';
import { isHashedName } from './hashed-name.ts';

/** What all responses of a site depend on. */
export interface Exposure {
  /** Anybody may see it, so that caches between here and the visitor may keep it. */
  isPublic: boolean;
  /** Search engines should not list it. */
  isPreview: boolean;
}

/** `unchanging`: a file that has its content's hash in its name; `own`: a copy that only this visitor gets. */
type Lifetime = 'unchanging' | 'revalidated' | 'own';

const CACHE_CONTROL: Readonly<Record<Lifetime, string>> = {
  unchanging: 'public, max-age=31536000, immutable',
  revalidated: 'public, max-age=0, must-revalidate',
  own: 'private, max-age=0, must-revalidate',
};

/** How much of the SHA-256 is in an entity tag: 128 bits. */
const TAG_DIGITS = 32;

/**
 * A strong entity tag: each encoding has its own (RFC 9110 §8.8.3.3). A site of an earlier version has no SHA-256 of its
 * files, so the tag is that of this deployment's file.
 */
export function entityTag(file: SiteFile, deploymentId: string, encoding: Encoding): string {
  const content =
    file.sha256 === ''
      ? `${deploymentId}-${file.crc32.toString(16)}-${file.size.toString(16)}`
      : file.sha256.slice(0, TAG_DIGITS);
  return encoding === 'identity' ? `"${content}"` : `"${content}-${encoding}"`;
}

export interface FileFacts extends Exposure {
  path: string;
  contentType: string;
  etag: string;
  encoding: Encoding;
  /** Whether other clients may get another encoding. */
  isNegotiated: boolean;
  /** Whether it depends on what the client says about itself that it is this file. */
  isFallback: boolean;
  /** Whether another release has the same path, and the visitor's page decides which one answers. */
  isSkewed: boolean;
  /** The browser looks whether there is a new service worker. */
  isServiceWorker: boolean;
  /** What the site's own rules say. */
  rules: readonly SiteHeader[];
}

/**
 * The headers of a file, without those that belong to a range or a length. The site's own rules come last, except for
 * what keeps a site private, a preview unlisted, and a file from being taken for another type.
 */
export function fileHeaders(facts: FileFacts): Headers {
  const lifetime = lifetimeOf(facts);
  const headers = new Headers({
    'Content-Type': facts.contentType,
    'Cache-Control': CACHE_CONTROL[lifetime],
    ETag: facts.etag,
    'Accept-Ranges': 'bytes',
  });
  if (facts.isNegotiated) headers.append('Vary', 'Accept-Encoding');
  if (facts.isFallback) headers.append('Vary', 'Accept, Sec-Fetch-Dest, Sec-Fetch-Mode');
  applySiteHeaders(headers, facts.rules);
  // Only the script of a service worker has a scope to widen, within this host (Service Workers §5.1).
  if (!facts.isServiceWorker) headers.delete('Service-Worker-Allowed');
  if (facts.isServiceWorker)
    headers.set('Cache-Control', CACHE_CONTROL[facts.isPublic ? 'revalidated' : 'own']);
  if (facts.encoding !== 'identity') headers.set('Content-Encoding', facts.encoding);
  protect(headers, facts);
  return headers;
}

function lifetimeOf({ path, contentType, isFallback, isSkewed, isServiceWorker }: FileFacts): Lifetime {
  if (isHashedName(path) && !isPage(contentType) && !isFallback && !isServiceWorker) return 'unchanging';
  return isSkewed ? 'own' : 'revalidated';
}

/** What holds for every response of a site, whatever its rules say. */
export function protect(headers: Headers, { isPublic, isPreview }: Exposure): void {
  headers.set('X-Content-Type-Options', 'nosniff');
  if (isPreview) headers.append('X-Robots-Tag', 'noindex');
  if (isPublic) return;
  const cacheControl = headers.get('Cache-Control') ?? 'no-store';
  headers.set('Cache-Control', asPrivate(cacheControl));
  // A page of another origin must not read with the visitor's cookie what only the visitor may see.
  headers.delete('Access-Control-Allow-Credentials');
  for (const name of ['CDN-Cache-Control', 'Cloudflare-CDN-Cache-Control', 'Surrogate-Control'])
    headers.delete(name);
}

/** The same lifetime for the visitor's own browser alone. */
function asPrivate(cacheControl: string): string {
  const directives = cacheControl
    .split(',')
    .map((directive) => directive.trim())
    .filter((directive) => directive !== '' && !/^(?:public|private|s-maxage)\b/i.test(directive));
  return ['private', ...directives].join(', ');
}
