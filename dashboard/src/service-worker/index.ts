/**
 * The dashboard's service worker: pages open without a connection, and files of a version that was replaced stay until
 * no tab runs it. It keeps code only; data is never cached. It works for every version and language of the dashboard,
 * because it learns both from the pages that pass through it.
 */

import { parseMessage } from '#lib/offline/message.ts';
import { dashboardPaths, isPage, kindOf } from '#lib/offline/requests.ts';
import { isScriptGone, unusedVersions } from '#lib/offline/versions.ts';
import { assets, routes } from '$app/manifest';
import { self } from '$app/service-worker';
import * as store from './store.ts';

/** How long the server may take before the kept page or file is used, in milliseconds. */
const PATIENCE_MS = 2000;

/** How often the worker checks that its script is still on the server, in milliseconds. */
const CHECK_EVERY_MS = 60 * 60 * 1000;

/** Gateways answer so while the server behind them is away. */
const AWAY: readonly number[] = [502, 503, 504];

const paths = dashboardPaths(
  routes.map(({ id }) => id),
  assets.map(({ path }) => path),
);

/** The versions of tabs that are still loading, by the tab's id. */
const loading = new Map<string, Promise<string | null>>();
let checkedAt = Number.NEGATIVE_INFINITY;
/** Whether the worker has unregistered itself. It goes on until the last page of it is closed, but keeps nothing. */
let left = false;

self.addEventListener('install', (event) => event.waitUntil(install()));
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('message', (event) => event.waitUntil(onMessage(event)));
self.addEventListener('fetch', (event) => {
  if (left) return;
  switch (kindOf(event.request, self.location.origin, paths)) {
    case 'page':
      return event.respondWith(page(event));
    case 'file':
      return event.respondWith(file(event));
    case 'static':
      return event.respondWith(staticFile(event));
    case 'other':
      return;
  }
});

async function install(): Promise<void> {
  try {
    await store.keepPage(await fetch('/', { cache: 'no-cache' }));
  } catch {
    // The connection was lost: the next page that is opened is kept.
  }
  // Any version of the worker can serve any version of the dashboard, so that none has to wait.
  await self.skipWaiting();
}

/** A page from the server, or the last one while the server doesn't answer. */
function page(event: FetchEvent): Promise<Response> {
  const fresh = fetch(event.request);
  const version = fresh.then((response) => notePage(response.clone())).catch(store.keptVersion);
  loading.set(event.resultingClientId, version);
  event.waitUntil(version.then(leaveIfGone));
  return freshOrKept(fresh, store.keptPage);
}

/** Keeps a page of the server, and gives the version of the tab that gets it. Leaves if it is another product's. */
async function notePage(response: Response): Promise<string | null> {
  const version = await store.keepPage(response);
  if (version === null) await leave();
  return version ?? store.keptVersion();
}

async function file(event: FetchEvent): Promise<Response> {
  const kept = await store.keptFile(event.request.url);
  const response = kept ?? (await fetch(event.request));
  event.waitUntil(noteFile(event, response.clone()));
  return response;
}

/** Keeps a file for the version of the tab that loads it, even if another version has it already. */
async function noteFile({ request, clientId }: FetchEvent, response: Response): Promise<void> {
  const version =
    (await loading.get(clientId)) ?? (await store.versionOfTab(clientId)) ?? (await store.keptVersion());
  if (left || version === null || (await store.hasFile(version, request.url))) return;
  await store.keepFile(version, request.url, response);
}

function staticFile(event: FetchEvent): Promise<Response> {
  const { url } = event.request;
  const fresh = fetch(event.request);
  const noted = fresh.then(
    (response) => store.keepStatic(url, response.clone()),
    () => undefined,
  );
  event.waitUntil(noted);
  return freshOrKept(fresh, () => store.keptStatic(url));
}

/** The response of the server if it comes soon, the kept one if there is one, and otherwise what the server says. */
async function freshOrKept(
  fresh: Promise<Response>,
  findKept: () => Promise<Response | undefined>,
): Promise<Response> {
  const soon = await Promise.race([
    fresh.catch(() => null),
    new Promise<null>((resolve) => setTimeout(resolve, PATIENCE_MS, null)),
  ]);
  if (soon !== null && !AWAY.includes(soon.status)) return soon;
  return (await findKept()) ?? fresh;
}

/** Keeps the files that a page loaded before the worker was there, and removes those that no page needs any more. */
async function onMessage({ data, source }: ExtendableMessageEvent): Promise<void> {
  const message = parseMessage(data);
  if (left || message === null || !(source instanceof WindowClient)) return;
  await store.noteTab(source.id, message.version);
  loading.delete(source.id);
  for (const path of message.files) {
    if (await store.hasFile(message.version, path)) continue;
    try {
      // The browser has the file already. Its content can't have changed.
      const response = (await store.keptFile(path)) ?? (await fetch(path, { cache: 'force-cache' }));
      await store.keepFile(message.version, path, response);
    } catch {
      // The connection was lost: the file is kept when it is next loaded.
    }
  }
  await removeUnused();
}

async function removeUnused(): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const tabs = windows.filter(({ url }) => isPage(new URL(url).pathname, paths)).map(({ id }) => id);
  await store.forgetTabs(tabs);
  const open = await Promise.all(tabs.map((tab) => store.versionOfTab(tab)));
  const unused = unusedVersions(await store.keptVersions(), await store.keptVersion(), open);
  await Promise.all(unused.map((version) => store.removeVersion(version)));
}

/** Leaves if an administrator has removed the worker from the server. */
async function leaveIfGone(): Promise<void> {
  if (left || Date.now() - checkedAt < CHECK_EVERY_MS) return;
  try {
    const { status, headers } = await fetch(self.location.pathname, { method: 'HEAD', cache: 'no-store' });
    checkedAt = Date.now();
    if (isScriptGone({ status, contentType: headers.get('Content-Type') })) await leave();
  } catch {
    // The connection was lost: the next page checks.
  }
}

async function leave(): Promise<void> {
  left = true;
  await self.registration.unregister();
  await store.removeAll();
}
