import type { App, Deployment } from '@appflux/protocol';

/** A search parameter of the page of a deployment: the site is opened there as soon as it is live. */
export const OPENS_SITE = 'open-site';

/** How often to ask whether a deployment has gone live, and how long to wait in between, in milliseconds. */
const MOST_TRIES = 20;
const ASK_EVERY_MS = 250;

/**
 * The URL of the site of a successful deployment: the production URL once the deployment is live, or its own URL if it
 * doesn't go live, as in an app whose release is locked. Null if it has no site.
 */
export async function liveSite(
  { id, urls }: Pick<Deployment, 'id' | 'urls'>,
  getApp: () => Promise<Pick<App, 'release' | 'urls'>>,
  pause = () => new Promise<void>((resolve) => setTimeout(resolve, ASK_EVERY_MS)),
): Promise<string | null> {
  if (urls.site === undefined) return null;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const app = await getApp();
    if (app.release === id && app.urls.site !== undefined) return app.urls.site;
    await pause();
  }
  return urls.site;
}
