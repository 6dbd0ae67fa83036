/** The dashboard: its files, and its page at every path that nothing else answers. */
import { AppFluxError } from '@appflux/protocol';
import { DEFAULT_LANGUAGE, type Language, languageFor } from '@appflux/protocol/languages';
import type { Env } from '../env.ts';
import { sha256Hex } from '../secrets/tokens.ts';
import { connectSources, policyOf } from './policy.ts';

/** The build's folder of files with hashed names. Its name is reserved: on Cloudflare, no Worker runs for what is below. */
export const BUILD_FOLDER = '/_appflux/';

/** The same of earlier versions: their pages may still be open. */
const EARLIER_FOLDER = '/_app/';

/** The service worker requests its own script, and unregisters itself when that is gone. */
const SERVICE_WORKER = '/service-worker.js';

/** The page, in each language. */
const PAGE_FILE = /^\/(?:index(?:\.[a-z]+)?\.html)?$/;
const pageFile = (language: Language): string =>
  language === DEFAULT_LANGUAGE ? '/index.html' : `/index.${language}.html`;

/** What the page's language depends on. */
const VARIES = 'Accept-Language, Cookie';

/** What a browser requests for a page (the header Sec-Fetch-Dest). Any other value is for a file of one. */
const PAGE_DESTINATIONS: ReadonlySet<string> = new Set(['', 'document', 'iframe', 'frame', 'empty']);

/** What the dashboard is served from. */
export type DashboardEnv = Pick<Env, 'ASSETS'> & Parameters<typeof connectSources>[0];

/**
 * A file of the dashboard, or its page: in the language that the visitor has chosen, else in that of the browser.
 * @throws AppFluxError `not_found` for a file that isn't there. The page in its place would be a script that can't be
 * parsed; without it, the requesting page is reloaded
 */
export async function serveDashboard(request: Request, env: DashboardEnv): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (!PAGE_FILE.test(pathname)) {
    const file = await env.ASSETS.fetch(request);
    // What a binding answers has immutable headers.
    if (file.status !== 404) return new Response(file.body, file);
    if (isFile(pathname, request)) {
      throw new AppFluxError('not_found', 'There is no such file of the dashboard', {
        hint: 'Load the page again: it may be of an earlier version.',
      });
    }
  }
  return servePage(request, env);
}

const isFile = (pathname: string, request: Request): boolean =>
  pathname.startsWith(BUILD_FOLDER) ||
  pathname.startsWith(EARLIER_FOLDER) ||
  pathname === SERVICE_WORKER ||
  !PAGE_DESTINATIONS.has(request.headers.get('Sec-Fetch-Dest') ?? '');

/** The page with its policy. A browser keeps it as long as neither of the two changes. */
async function servePage(request: Request, env: DashboardEnv): Promise<Response> {
  const wanted = languageFor(request.headers.get('Cookie'), request.headers.get('Accept-Language'));
  const pageIn = async (language: Language) => ({
    language,
    file: await env.ASSETS.fetch(new Request(new URL(pageFile(language), request.url))),
  });
  const inWanted = await pageIn(wanted);
  // A build for one language alone has the English page.
  const { language, file } = inWanted.file.ok ? inWanted : await pageIn(DEFAULT_LANGUAGE);
  if (!file.ok) {
    throw new AppFluxError('not_found', 'This instance was built without a dashboard', {
      hint: 'Build the instance with "npm start" or "npm run deploy".',
    });
  }
  const { page, policy } = policyOf(await file.text(), connectSources(env));
  const etag = `"${(await sha256Hex(new TextEncoder().encode(policy + page))).slice(0, 32)}"`;
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'public, max-age=0, must-revalidate',
    'Content-Security-Policy': policy,
    'Content-Language': language,
    Vary: VARIES,
    ETag: etag,
  };
  return matches(request, etag)
    ? new Response(null, { status: 304, headers })
    : new Response(page, { headers });
}

/** Whether a browser has this version (RFC 9110 §13.1.2). Proxies that compress make tags weak. */
const matches = (request: Request, etag: string): boolean =>
  (request.headers.get('If-None-Match') ?? '')
    .split(',')
    .some((tag) => tag.trim().replace(/^W\//, '') === etag);
