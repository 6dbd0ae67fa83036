/** The path below which a site expects to be, such as `/my-repo` of a project that was built for GitHub Pages. */
import type { SiteRedirect } from '@appflux/protocol';

/** More of a page isn't read. Scripts and style sheets are named at its beginning. */
export const BASE_PATH_BYTES = 256 * 1024;

/** What paths need no encoding for, in URLs and in rules. */
const PLAIN_SEGMENT = /^[\w~-][\w.~-]*$/;

/**
 * The base path that a site's start page was built for, without a slash at its end (`base` of Vite and Astro, `basePath` of
 * Next.js, `baseUrl` of Docusaurus); null if it was built for the top of its host. It is what all scripts and links of the
 * page begin with, if the site has no such folder, and has one of these files without it.
 * @param page the HTML of `index.html`
 * @param paths the files of the site, relative to its top
 */
export function basePathOf(page: string, paths: ReadonlySet<string>): string | null {
  const asked = assetPaths(page);
  const base = asked.flatMap((path) => baseOf(path, paths) ?? [])[0];
  if (base === undefined || !asked.every((path) => path.startsWith(`${base}/`))) return null;
  const folder = base.slice(1);
  for (const path of paths) if (path === folder || path.startsWith(`${folder}/`)) return null;
  return base;
}

/** The rule that answers below a base path, too. It yields to files, and to the site's own rules before it. */
export const basePathRule = (base: string): SiteRedirect => ({
  host: null,
  pattern: {
    before: base.slice(1).split('/'),
    splat: { capture: 'splat', prefix: '', suffix: '', least: 'nothing' },
    after: [],
    slash: 'any',
  },
  unless: [],
  query: [],
  to: { origin: null, path: ['/', { capture: 'splat' }], query: [], hash: null },
  status: 200,
  force: false,
});

/** The folders that a path has too many at its beginning for a file of the site; null if none or all are. */
function baseOf(path: string, paths: ReadonlySet<string>): string | null {
  const segments = path.slice(1).split('/');
  if (paths.has(segments.join('/'))) return null;
  for (let count = 1; count < segments.length; count += 1) {
    if (!PLAIN_SEGMENT.test(segments[count - 1] ?? '')) return null;
    if (paths.has(segments.slice(count).join('/'))) return `/${segments.slice(0, count).join('/')}`;
  }
  return null;
}

/** The paths from the top of the host in `src` and `href` of the page's scripts and links. Linear: tags are taken apart first. */
function assetPaths(page: string): string[] {
  return page.split('<').flatMap((piece) => {
    if (!/^(?:script|link)\s/i.test(piece)) return [];
    const [tag = ''] = piece.split('>', 1);
    const found = /\s(?:src|href)=(?:"([^"]*)"|'([^']*)'|([^\s"']+))/i.exec(tag);
    const url = found?.[1] ?? found?.[2] ?? found?.[3] ?? '';
    return /^\/(?![/\\])/.test(url) ? [url.replace(/[?#].*$/s, '')] : [];
  });
}
