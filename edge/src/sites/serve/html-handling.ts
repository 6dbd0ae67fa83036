/**
 * Which file a path stands for: clean URLs and trailing slashes, as Cloudflare's static assets handle them. Pure.
 * Source: https://developers.cloudflare.com/workers/static-assets/routing/advanced/html-handling/
 */
import type { SiteRules } from '@appflux/protocol';

/** The settings of a site that say how the URLs of its pages look. */
export type UrlStyle = Pick<SiteRules, 'cleanUrls' | 'trailingSlash'>;

/** The file under a path, a redirect to another path, or nothing. Paths are decoded and begin with a slash. */
export type PathMatch = { file: string } | { redirect: string } | null;

/** Whether the site has a file with this path. */
type Has = (path: string) => boolean;

/** Serve the file if there is one; with `at`, redirect to that path if it serves just that file. */
interface Step {
  file: string;
  at?: string;
}

const INDEX = 'index.html';

/** Finds the file for a decoded path. A redirect leads to a path that serves a file, so that redirects can't loop. */
export function matchPath(path: string, has: Has, style: UrlStyle): PathMatch {
  for (const { file, at } of stepsOf(path, style)) {
    if (!has(file)) continue;
    if (at === undefined) return { file };
    // Two slashes would lead to another host.
    if (at === '' || at.endsWith('//') || has(at)) continue;
    if (fileAt(at, has, style) === file) return { redirect: at };
  }
  return null;
}

/** The file that a decoded path serves if it isn't redirected. */
export function fileAt(path: string, has: Has, style: UrlStyle): string | null {
  return stepsOf(path, style).find(({ file, at }) => at === undefined && has(file))?.file ?? null;
}

/** What is tried for a path; the first that applies counts. */
function stepsOf(path: string, { cleanUrls, trailingSlash }: UrlStyle): Step[] {
  if (!cleanUrls) return exactSteps(path, trailingSlash);
  return { auto: autoSteps, always: alwaysSteps, never: neverSteps }[trailingSlash](path);
}

/** What a path ends with, and what is before it. */
function cut(path: string): { end: '/index' | '/index.html' | '/' | '.html' | ''; base: string } {
  for (const end of ['/index', '/index.html', '/', '.html'] as const)
    if (path.endsWith(end)) return { end, base: path.slice(0, -end.length) };
  return { end: '', base: path };
}

/** `/a` for `a.html`, `/a/` for `a/index.html`. Cloudflare calls it `auto-trailing-slash`. */
function autoSteps(path: string): Step[] {
  const { end, base } = cut(path);
  const page: Step = { file: `${base}.html`, at: base };
  const folder: Step = { file: `${base}/${INDEX}`, at: `${base}/` };
  const last: Step[] = [
    { file: path },
    { file: `${path}.html` },
    { file: `${path}/${INDEX}`, at: `${path}/` },
  ];
  if (end === '/index') return [{ file: path }, folder, page, ...last];
  if (end === '/index.html') return [folder, page, ...last];
  if (end === '/') return [{ file: path + INDEX }, page, ...last];
  if (end === '.html') return [page, folder, ...last];
  return last;
}

/** `/a/` for both. Cloudflare calls it `force-trailing-slash`. */
function alwaysSteps(path: string): Step[] {
  const { end, base } = cut(path);
  const page: Step = { file: `${base}.html`, at: `${base}/` };
  const folder: Step = { file: `${base}/${INDEX}`, at: `${base}/` };
  const last: Step[] = [
    { file: path },
    { file: `${path}.html`, at: `${path}/` },
    { file: `${path}/${INDEX}`, at: `${path}/` },
  ];
  if (end === '/index') return [{ file: path }, folder, page, ...last];
  if (end === '/index.html') return [folder, page, ...last];
  if (end === '/') return [{ file: path + INDEX }, { file: `${base}.html` }, ...last];
  if (end === '.html') return [page, { file: path }, folder, ...last];
  return last;
}

/** `/a` for both. Cloudflare calls it `drop-trailing-slash`. */
function neverSteps(path: string): Step[] {
  const { end, base } = cut(path);
  const page: Step = { file: `${base}.html`, at: base };
  const folder: Step = { file: `${base}/${INDEX}`, at: base };
  const last: Step[] = [{ file: path }, { file: `${path}.html` }, { file: `${path}/${INDEX}` }];
  const home: Step = { file: `/${INDEX}`, at: '/' };
  if (path === '/index') return [{ file: path }, home, ...last];
  if (path === `/${INDEX}`) return [home, ...last];
  if (path === '/') return [{ file: `/${INDEX}` }, ...last];
  if (end === '/index') return [{ file: path }, page, folder, ...last];
  if (end === '/index.html') return [folder, { file: path }, page, ...last];
  if (end === '/' || end === '.html') return [page, folder, ...last];
  return last;
}

/** Pages under the names of their files, as without `cleanUrls` on Vercel; folders serve their index. */
function exactSteps(path: string, trailingSlash: UrlStyle['trailingSlash']): Step[] {
  if (path === '/') return [{ file: `/${INDEX}` }];
  if (!path.endsWith('/')) {
    const index = `${path}/${INDEX}`;
    return [{ file: path }, trailingSlash === 'never' ? { file: index } : { file: index, at: `${path}/` }];
  }
  const index = path + INDEX;
  return [trailingSlash === 'never' ? { file: index, at: path.slice(0, -1) } : { file: index }];
}
