/** A site that was delivered as a ZIP, as a visitor sees it: served on the loopback interface, opened in a browser. */
import type { Browser } from 'playwright-core';
import { onPage, type WatchedPage, watchedPage } from '../browser/watched-page.ts';
import type { Built } from '../kinds/instance.ts';
import { type Served, serveFiles } from '../source/serve.ts';
import { unzip } from '../source/zip.ts';

export interface OpenSite extends WatchedPage {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly server: Served;
}

/** Opens the one site that a build has delivered, and runs a test on it. */
export async function openSite(
  browser: Browser,
  { deployment, files }: Built,
  test: (site: OpenSite) => Promise<void>,
): Promise<void> {
  const [artifact, ...others] = deployment.artifacts;
  if (artifact === undefined || others.length > 0) throw new Error('a site is one artifact');
  const unpacked = await unzip(files.get(artifact.name) ?? Buffer.alloc(0));
  const server = await serveFiles(unpacked);
  const watched = await watchedPage(browser);
  try {
    await onPage(watched, async () => {
      await watched.page.goto(server.url);
      await test({ ...watched, files: unpacked, server });
    });
  } finally {
    await watched.page.context().close();
    await server.close();
  }
}
