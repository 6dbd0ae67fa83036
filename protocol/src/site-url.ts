/** Paths of URLs in one form, so that a rule's pattern and a request's path can be compared as text. */

/** What encodeURIComponent encodes and a segment may hold as it is (RFC 3986, `pchar`). */
const NEEDLESSLY_ENCODED = /%(?:40|3A|24|26|2B|2C|3B|3D)/g;

/**
 * Percent-encodes the text of one segment: everything but the characters that RFC 3986 allows in a segment. `/`, `\`,
 * `%`, `?`, `#`, spaces and control characters are encoded. Null for text with unpaired surrogates.
 */
export function encodeUrlSegment(text: string): string | null {
  if (!text.isWellFormed()) return null;
  return encodeURIComponent(text).replace(NEEDLESSLY_ENCODED, (encoded) => decodeURIComponent(encoded));
}

/**
 * The path of a URL with each segment decoded and encoded again, so that `/%61%3a` and `/a:` become the same text.
 * `%2F` stays encoded and never separates segments. Null if the path doesn't begin with `/`, isn't UTF-8 when decoded,
 * or has a segment that is `.` or `..`, encoded or not.
 */
export function canonicalUrlPath(path: string): string | null {
  if (!path.startsWith('/')) return null;
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    const canonical = recode(segment);
    if (canonical === null || canonical === '.' || canonical === '..') return null;
    segments.push(canonical);
  }
  return segments.join('/');
}

function recode(segment: string): string | null {
  try {
    return encodeUrlSegment(decodeURIComponent(segment));
  } catch {
    // The only error of decodeURIComponent: the segment isn't percent-encoded UTF-8.
    return null;
  }
}
