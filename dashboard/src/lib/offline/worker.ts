/** Registers the service worker, and tells it what this page has loaded before the worker was there. */
import type { PageLoaded } from './message.ts';
import { isHashedFile } from './requests.ts';

/** The script is a file of the build: there is none in development. */
const SCRIPT = '/service-worker.js';

/** How long no file may arrive before the worker is notified, in milliseconds. */
const QUIET_MS = 500;

/** What the page tells the worker about itself; null if the page has no version. */
function pageLoaded(): PageLoaded | null {
  const version = document.querySelector('meta[name="appflux-version"]')?.getAttribute('content');
  if (version == null) return null;
  const paths = performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname);
  return { type: 'loaded', version, files: paths.filter(isHashedFile) };
}

/** Registers the worker once the page has loaded, so that it doesn't compete with the page for a slow line. */
export async function startWorker(): Promise<void> {
  // Browsers have service workers only over HTTPS and on localhost.
  if (!import.meta.env.PROD || navigator.serviceWorker === undefined) return;
  if (document.readyState !== 'complete') {
    await new Promise((resolve) => addEventListener('load', resolve, { once: true }));
  }
  const workers = navigator.serviceWorker;
  const tell = () => workers.controller?.postMessage(pageLoaded());
  // Files that the page requested before the worker took over may arrive at any time afterwards.
  if (workers.controller === null) tellLater(tell);
  // The worker takes over pages that are open already.
  workers.addEventListener('controllerchange', tell);
  try {
    await workers.register(SCRIPT, { updateViaCache: 'none' });
    await workers.ready;
    tell();
  } catch {
    // The browser doesn't allow workers here, or the server has none any more: the page works without.
  }
}

/** Calls `tell` a moment after files were loaded. */
function tellLater(tell: () => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  new PerformanceObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(tell, QUIET_MS);
  }).observe({ type: 'resource' });
}
