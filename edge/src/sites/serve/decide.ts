/** What a site answers a request with. Pure: takes the manifest in memory and what is known of the request. */
import { type SiteEntry, type SiteFile, siteFile } from '@appflux/protocol';
import { isKnown, rangeOf, rangeStillMeant } from '../../http/range.ts';
import type { ByteRange } from '../../storage/storage.ts';
import { headersFor, matchSiteRules, type SiteLookup } from '../rules/index.ts';
import { isServiceWorkerScript, type RequestHeaders, takesFallback } from './asked-for.ts';
import { contentTypeOf } from './content-type.ts';
import { chooseEncoding, type Encoding } from './encoding.ts';
import { type Exposure, entityTag, fileHeaders, protect } from './file-headers.ts';
import { encodedSize } from './gzip.ts';
import { fileAt, matchPath } from './html-handling.ts';
import { encodePath, parsePath } from './request-path.ts';
import type { Site } from './site.ts';

export interface SiteRequest {
  method: string;
  /** Lower case, without a port. */
  host: string;
  /** `pathname` and `search` of the URL. */
  path: string;
  query: string;
  headers: RequestHeaders;
}

export interface SiteSettings extends Exposure {
  /** What the App says about the fallback of single-page apps; null leaves it to the site's rules. */
  spaFallback: boolean | null;
  /** The hosts that rewrites may lead to. */
  rewriteHosts: readonly string[];
  /** The visitor's page is of another release than the current one, or may be. */
  isSkewed: boolean;
}

/** A file to send. `range` counts bytes of the encoded file. */
export interface FileDecision {
  kind: 'file';
  status: number;
  entry: SiteEntry;
  encoding: Encoding;
  range: ByteRange | null;
  headers: Headers;
  /** False for HEAD. */
  hasBody: boolean;
}

export type Decision =
  | FileDecision
  | { kind: 'empty'; status: number; headers: Headers }
  | { kind: 'proxy'; url: string }
  /** Nothing of the site fits. `status`: 404, 405, or what a rule says. */
  | { kind: 'none'; status: number; headers: Headers }
  /** A rule leads to this host, which the App doesn't allow. */
  | { kind: 'forbidden_host'; host: string; headers: Headers };

/** Cloudflare's static assets redirect with it, too: where a page is may change with the next deployment. */
const REDIRECT_STATUS = 307;

/** What a site has under the path of a URL: a file, a redirect to one, or nothing. */
export function lookUp(site: Site, path: string): ReturnType<SiteLookup> {
  const match = matchPath(parsePath(path).decoded, (file) => site.files.has(file), site.rules);
  if (match === null) return 'none';
  return 'redirect' in match ? { redirect: encodePath(match.redirect) } : 'file';
}

/**
 * Whether a site has a file, or a redirect to one, under the path of a URL. A rewrite counts if it keeps the file's name, such
 * as that of a whole folder: others answer whatever is asked for.
 */
export function hasPath(site: Site, { host, path }: Pick<SiteRequest, 'host' | 'path'>): boolean {
  if (lookUp(site, path) !== 'none') return true;
  const rule = matchSiteRules(site.rules, { host, path, query: '' }, (other) => lookUp(site, other));
  if (rule?.kind !== 'rewrite' || rule.status !== 200) return false;
  const file = fileAt(parsePath(rule.path).decoded, (other) => site.files.has(other), site.rules);
  return file?.endsWith(path.slice(path.lastIndexOf('/'))) === true;
}

/** Decides what a request gets. */
export function decide(site: Site, request: SiteRequest, settings: SiteSettings): Decision {
  const has = (file: string) => site.files.has(file);
  const rule = matchSiteRules(site.rules, request, (path) => lookUp(site, path));
  if (rule?.kind === 'redirect') return redirect(rule.status, rule.location, settings);
  if (rule?.kind === 'proxy') {
    if (settings.rewriteHosts.includes(rule.host)) return { kind: 'proxy', url: rule.url };
    return { kind: 'forbidden_host', host: rule.host, headers: bare(settings) };
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const headers = bare(settings);
    headers.set('Allow', 'GET, HEAD');
    return { kind: 'none', status: 405, headers };
  }
  if (rule?.kind === 'rewrite') {
    const file = fileAt(parsePath(rule.path).decoded, has, site.rules);
    return file === null
      ? missing(site, request, settings)
      : send(site, request, settings, { file, status: rule.status });
  }
  const { decoded, canonical } = parsePath(request.path);
  const match = matchPath(decoded, has, site.rules);
  if (match === null) return missing(site, request, settings);
  if ('redirect' in match)
    return redirect(REDIRECT_STATUS, encodePath(match.redirect) + request.query, settings);
  if (canonical !== request.path) return redirect(REDIRECT_STATUS, canonical + request.query, settings);
  return send(site, request, settings, { file: match.file, status: 200 });
}

/** The headers of an answer without a file. */
function bare(settings: SiteSettings): Headers {
  const headers = new Headers({ 'Cache-Control': 'no-store' });
  protect(headers, settings);
  return headers;
}

function redirect(status: number, location: string, settings: SiteSettings): Decision {
  const headers = new Headers({ Location: location, 'Cache-Control': 'public, max-age=0, must-revalidate' });
  protect(headers, settings);
  return { kind: 'empty', status, headers };
}

/** A path without a file: the page of a single-page app, the nearest `404.html`, or nothing. */
function missing(site: Site, request: SiteRequest, settings: SiteSettings): Decision {
  const { decoded } = parsePath(request.path);
  const hasFallback = settings.spaFallback ?? site.rules.spaFallback;
  const index = '/index.html';
  if (hasFallback && site.files.has(index) && takesFallback(request.headers, decoded)) {
    return send(site, request, settings, { file: index, status: 200, isFallback: true });
  }
  const page = nearest404(decoded, (file) => site.files.has(file));
  if (page === null) return { kind: 'none', status: 404, headers: bare(settings) };
  return send(site, request, settings, { file: page, status: 404, isFallback: hasFallback });
}

/** The `404.html` of the path's folder or the nearest one above it. */
export function nearest404(path: string, has: (file: string) => boolean): string | null {
  for (let folder = path; folder !== ''; ) {
    folder = folder.slice(0, folder.lastIndexOf('/'));
    if (has(`${folder}/404.html`)) return `${folder}/404.html`;
  }
  return null;
}

interface Chosen {
  file: string;
  status: number;
  isFallback?: boolean;
}

function send(site: Site, request: SiteRequest, settings: SiteSettings, chosen: Chosen): Decision {
  const entry = site.files.get(chosen.file);
  if (entry === undefined) return { kind: 'none', status: 404, headers: bare(settings) };
  const file = siteFile(entry);
  const rules = headersFor(site.rules, request);
  const encoding = encodingFor(file, request.headers, rules);
  const etag = entityTag(file, site.deploymentId, encoding);
  const headers = fileHeaders({
    ...settings,
    path: file.path,
    contentType: contentTypeOf(file.path),
    etag,
    encoding,
    isNegotiated: isCompressed(file),
    isFallback: chosen.isFallback ?? false,
    isServiceWorker: isServiceWorkerScript(request.headers),
    rules,
  });
  const { status } = chosen;
  // Preconditions and ranges are only for what would be a success (RFC 9110 §13.2.1, §14.2).
  if (status === 200 && isKnown(request.headers.get('If-None-Match'), etag)) {
    for (const name of ['Content-Type', 'Content-Encoding']) headers.delete(name);
    return { kind: 'empty', status: 304, headers };
  }
  const size = encodedSize(file, encoding);
  const range = status === 200 ? askedRange(request, etag, size) : 'whole';
  if (range === 'unsatisfiable') {
    const refused = bare(settings);
    refused.set('Content-Range', `bytes */${size}`);
    return { kind: 'empty', status: 416, headers: refused };
  }
  headers.set('Content-Length', String(range === 'whole' ? size : range.length));
  if (range !== 'whole') {
    headers.set('Content-Range', `bytes ${range.offset}-${range.offset + range.length - 1}/${size}`);
  }
  return {
    kind: 'file',
    status: range === 'whole' ? status : 206,
    entry,
    encoding,
    range: range === 'whole' ? null : range,
    headers,
    hasBody: request.method === 'GET',
  };
}

const isCompressed = ({ method, br }: SiteFile): boolean => method === 'deflate' || br !== null;

const forbidsTransform = (cacheControl: string | null | undefined): boolean =>
  /\bno-transform\b/i.test(cacheControl ?? '');

/** `no-transform`, of the client or of the site's rules, asks for the bytes of the file itself. */
function encodingFor(
  file: SiteFile,
  headers: RequestHeaders,
  rules: readonly { name: string; value: string }[],
): Encoding {
  const ruled = rules.some(({ name, value }) => name === 'cache-control' && forbidsTransform(value));
  if (ruled || forbidsTransform(headers.get('Cache-Control'))) return 'identity';
  const has = { br: file.br !== null, gzip: file.method === 'deflate' };
  return chooseEncoding(headers.get('Accept-Encoding'), has);
}

/** Several ranges are answered with the whole file: what asks for them copes with it, and multipart bodies amplify. */
function askedRange(
  { method, headers }: SiteRequest,
  etag: string,
  size: number,
): ByteRange | 'whole' | 'unsatisfiable' {
  if (method !== 'GET' || !rangeStillMeant(headers.get('If-Range'), etag)) return 'whole';
  return rangeOf(headers.get('Range'), size);
}
