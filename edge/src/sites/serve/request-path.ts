/** Paths of requests: how they are decoded for the lookup, and their normal spelling. */

/** The path of a request. */
export interface RequestPath {
  /** Percent-decoded, for the lookup in a manifest. Begins with a slash, and has no two slashes in a row. */
  decoded: string;
  /**
   * The normal spelling (RFC 3986 §6.2.2): unreserved characters are not encoded, hexadecimal digits are upper case. What
   * may be spelled both ways, such as brackets, is left as the request has it: redirecting each chunk of a Next.js page
   * would cost a round trip per chunk.
   */
  canonical: string;
}

/** The characters that RFC 3986 §2.3 says should not be encoded. */
const UNRESERVED = /[A-Za-z0-9._~-]/;

/** What `encodeURIComponent` encodes although a segment may contain it as it is (RFC 3986 §3.3). */
const ALLOWED_IN_SEGMENT = /%(?:3A|40|24|26|2B|2C|3B|3D)/g;

/**
 * Takes `URL.pathname`. An encoded slash counts as a slash, and several slashes as one, as with Cloudflare's static
 * assets. A segment that is not valid percent-encoded UTF-8 is taken literally.
 */
export function parsePath(pathname: string): RequestPath {
  // Most paths are plain.
  if (!pathname.includes('%') && !pathname.includes('//')) return { decoded: pathname, canonical: pathname };
  const decoded: string[] = [];
  const canonical: string[] = [];
  for (const segment of pathname.split('/')) {
    const [text, normal] = parseSegment(segment);
    decoded.push(text);
    canonical.push(normal);
  }
  return { decoded: withSingleSlashes(decoded.join('/')), canonical: withSingleSlashes(canonical.join('/')) };
}

function parseSegment(segment: string): [decoded: string, canonical: string] {
  let decoded: string;
  try {
    decoded = decodeURIComponent(segment);
  } catch {
    // Not UTF-8, or a percent sign that encodes nothing: the name of a file may contain that as it is.
    return [segment, encodePath(segment)];
  }
  if (decoded.includes('/')) return [decoded, encodePath(decoded)];
  const canonical = segment.replace(/%[0-9a-f]{2}/gi, (escaped) => {
    const character = String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    return UNRESERVED.test(character) ? character : escaped.toUpperCase();
  });
  return [decoded, canonical];
}

/** More than one slash at the beginning would make a redirect lead to another host. */
const withSingleSlashes = (path: string): string => path.replace(/\/{2,}/g, '/');

/** Percent-encodes a decoded path, for a Location header. Slashes remain, and backslashes are encoded. */
export const encodePath = (path: string): string =>
  path
    .split('/')
    .map((segment) => encodeURIComponent(segment).replace(ALLOWED_IN_SEGMENT, decodeURIComponent))
    .join('/');
