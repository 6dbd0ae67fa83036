/** Sites for tests of serving them, without storage. */
import { EMPTY_RULES, type SiteEntry, type SiteRules } from '@appflux/protocol';
import type { SiteRequest, SiteSettings } from '../decide.ts';
import { type Site, siteOf } from '../site.ts';

export const DEPLOYMENT = '0123456789abcdef01234567';

/** An entry of a file of `size` bytes. `packed` has it as DEFLATE and Brotli, of half and a third of the size. */
export function entry(
  path: string,
  size = 100,
  packed = /\.(?:html|js|css|json|txt|svg)$/.test(path),
): SiteEntry {
  const digest = [...path].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, size);
  const sha256 = digest.toString(16).padStart(8, '0').repeat(8);
  return packed
    ? [path, size, sha256, digest, 0, 0, size / 2, 8, size / 2, Math.floor(size / 3)]
    : [path, size, sha256, digest, 0, 0, size, 0, 0, 0];
}

/** A site with these files, by path or as entries. */
export const site = (files: (string | SiteEntry)[], rules: Partial<SiteRules> = {}): Site =>
  siteOf({
    version: 1,
    kind: 'site',
    deploymentId: DEPLOYMENT,
    packs: [{ key: 'pack', size: 1_000_000 }],
    files: files.map((file) => (typeof file === 'string' ? entry(file) : file)),
    rules: { ...EMPTY_RULES, ...rules },
  });

/** A GET of a URL's path and query. */
export function get(url: string, headers: Record<string, string> = {}, method = 'GET'): SiteRequest {
  const { hostname, pathname, search } = new URL(
    url.startsWith('/') ? `http://docs.sites.example${url}` : url,
  );
  return { method, host: hostname, path: pathname, query: search, headers: new Headers(headers) };
}

/** A public release. */
export const PUBLIC: SiteSettings = {
  isPublic: true,
  isPreview: false,
  spaFallback: null,
  rewriteHosts: [],
  isSkewed: false,
};
