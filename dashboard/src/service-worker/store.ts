/** What the service worker keeps in the browser: the page, the files of each version, and which version a tab runs. */
import { versionOf } from '#lib/offline/versions.ts';

const PREFIX = 'appflux-';
/** The last page of the server, and static files by their paths. */
const SHELL = `${PREFIX}shell`;
const FILES = `${PREFIX}files-`;
const INDEX = '/';
/** The server picks the page by language: the last one is in the user's. */
const AS_IT_IS: CacheQueryOptions = { ignoreVary: true };
const IN_SHELL: MultiCacheQueryOptions = { ...AS_IT_IS, cacheName: SHELL };

/** Whether everything was removed: then nothing is kept any more. */
let closed = false;

/** A key for the version of a tab. No page has this path. */
const keyOf = (tab: string): string => `/_appflux/tabs/${encodeURIComponent(tab)}`;

const isHtml = (response: Response): boolean =>
  response.headers.get('Content-Type')?.startsWith('text/html') ?? false;

/** The last page that the server sent; undefined if there was none. */
export const keptPage = (): Promise<Response | undefined> => caches.match(INDEX, IN_SHELL);

/** The version of the last page; null if there was none. */
export async function keptVersion(): Promise<string | null> {
  const page = await keptPage();
  return page === undefined ? null : versionOf(await page.text());
}

/**
 * Keeps a page that the server sent. Returns its version; null if it isn't a page of the dashboard, and undefined if it
 * is no page at all.
 */
export async function keepPage(response: Response): Promise<string | null | undefined> {
  if (response.status !== 200 || !isHtml(response)) return undefined;
  const version = versionOf(await response.clone().text());
  if (version !== null) await put(SHELL, INDEX, response);
  return version;
}

export const keptStatic = (url: string): Promise<Response | undefined> => caches.match(url, IN_SHELL);

export async function keepStatic(url: string, response: Response): Promise<void> {
  if (response.status === 200 && !isHtml(response)) await put(SHELL, url, response);
}

/** A hashed file, from whichever version it is of. */
export const keptFile = (url: string): Promise<Response | undefined> => caches.match(url, AS_IT_IS);

/** Keeps a hashed file as one of a version. The page in place of a missing file is not kept. */
export async function keepFile(version: string, url: string, response: Response): Promise<void> {
  if (response.status === 200 && !isHtml(response)) await put(FILES + version, url, response);
}

export const hasFile = async (version: string, url: string): Promise<boolean> =>
  (await caches.match(url, { ...AS_IT_IS, cacheName: FILES + version })) !== undefined;

/** The versions of which there are files. */
export const keptVersions = async (): Promise<string[]> =>
  (await caches.keys()).filter((name) => name.startsWith(FILES)).map((name) => name.slice(FILES.length));

export async function removeVersion(version: string): Promise<void> {
  await caches.delete(FILES + version);
}

/** The version that a tab runs; null if it isn't known. */
export async function versionOfTab(tab: string): Promise<string | null> {
  const known = await caches.match(keyOf(tab), IN_SHELL);
  return known === undefined ? null : known.text();
}

export const noteTab = (tab: string, version: string): Promise<void> =>
  put(SHELL, keyOf(tab), new Response(version));

/** Forgets the tabs that are closed. */
export async function forgetTabs(open: readonly string[]): Promise<void> {
  if (closed) return;
  const shell = await caches.open(SHELL);
  const live = new Set(open.map(keyOf));
  for (const { url } of await shell.keys()) {
    const { pathname } = new URL(url);
    if (pathname.startsWith(keyOf('')) && !live.has(pathname)) await shell.delete(url);
  }
}

/** Removes everything, and keeps nothing afterwards. */
export async function removeAll(): Promise<void> {
  closed = true;
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  await Promise.all(names.map((name) => caches.delete(name)));
}

async function put(cache: string, url: string, response: Response): Promise<void> {
  if (closed) return;
  try {
    await (await caches.open(cache)).put(url, response);
  } catch {
    // The browser has no room, or the page was left during the download: it is loaded from the network next time.
  }
  if (closed) await caches.delete(cache);
}
