/** Whether a request for a site with a server is for one of its files or for the server. Pure. */
import type { ServerAssets } from '@appflux/protocol';
import { matchSiteRules } from '../rules/index.ts';
import { lookUp, nearest404, type SiteRequest } from './decide.ts';
import { fileAt } from './html-handling.ts';
import { parsePath } from './request-path.ts';
import type { Site } from './site.ts';

/** Who answers: the site's files and rules as for a static site, or the server. */
export type Answerer = 'site' | 'server';

/**
 * Files and rules first, unless the server wants to be asked before them. As with Cloudflare's static assets, the server
 * gets what no file answers, and everything but GET and HEAD.
 * Source: https://developers.cloudflare.com/workers/static-assets/routing/worker-script/
 */
export function answererOf(site: Site, assets: ServerAssets, request: SiteRequest): Answerer {
  if (isServerFirst(assets.workerFirst, request.path)) return 'server';
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const rule = matchSiteRules(site.rules, request, (path) => lookUp(site, path));
  if (rule?.kind === 'redirect' || rule?.kind === 'proxy') return 'site';
  if (!isRead) return 'server';
  const has = (file: string) => site.files.has(file);
  if (rule?.kind === 'rewrite') {
    return fileAt(parsePath(rule.path).decoded, has, site.rules) === null ? 'server' : 'site';
  }
  if (lookUp(site, request.path) !== 'none') return 'site';
  return answersNavigation(site, assets.notFound, request) ? 'site' : 'server';
}

/**
 * Whether the page for unknown paths answers somebody who opens one, without the server.
 * Source: https://developers.cloudflare.com/workers/static-assets/routing/single-page-application/
 */
function answersNavigation(site: Site, notFound: ServerAssets['notFound'], request: SiteRequest): boolean {
  if (notFound === 'none' || request.headers.get('Sec-Fetch-Mode') !== 'navigate') return false;
  if (notFound === 'single-page-application') return site.files.has('/index.html');
  return nearest404(parsePath(request.path).decoded, (file) => site.files.has(file)) !== null;
}

/** Whether the server is asked before the files. A pattern that excludes wins. */
export function isServerFirst(serverFirst: ServerAssets['workerFirst'], path: string): boolean {
  if (typeof serverFirst === 'boolean') return serverFirst;
  const excluded = serverFirst.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1), path));
  return !excluded && serverFirst.some((pattern) => !pattern.startsWith('!') && matches(pattern, path));
}

/**
 * Whether a path matches a pattern in which `*` stands for any characters. Each part is looked for where the one before
 * ends, so that no pattern takes longer than its length times that of the path.
 */
function matches(pattern: string, path: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return path === pattern;
  if (!path.startsWith(first)) return false;
  const last = rest.pop() ?? '';
  let at = first.length;
  for (const part of rest) {
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return path.length - last.length >= at && path.endsWith(last);
}
