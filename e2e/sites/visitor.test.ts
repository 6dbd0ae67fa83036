/** What visitors of a site notice while it changes: releases, rollbacks, previews that go live, and what is removed. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../browser/launch.ts';
import { onPage, type WatchedPage, watchedPage } from '../browser/watched-page.ts';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type SitePublisher, sitePublisher } from './publisher.ts';

let edge: EdgeInstance;
let client: Client;
let browser: Browser;
let shop: SitePublisher;

beforeAll(async () => {
  edge = await startInstance();
  client = new Client(edge);
  browser = await launchBrowser();
  shop = await sitePublisher(edge, 'shop');
});
afterAll(async () => {
  await browser?.close();
  await edge?.stop();
});

/** A page whose script loads another one on a click, as routers do. Names have the hash of their content, as of Vite. */
function release(name: string, hash: string) {
  return {
    'index.html': `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${name}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"></head><body><h1>${name}</h1>
<button>More</button><p></p><script type="module" src="/assets/app-${hash}1.js"></script></body></html>`,
    'style.css': `h1 { --release: ${name}; }`,
    [`assets/app-${hash}1.js`]: `document.querySelector('button').onclick = async () => {
  const { text } = await import('./more-${hash}2.js');
  document.querySelector('p').textContent = text;
};`,
    [`assets/more-${hash}2.js`]: `export const text = 'More of ${name}';`,
  };
}
const ONE = release('One', 'DiwrgTd');
const TWO = release('Two', 'BxYz12A');
const THREE = release('Three', 'CqR7sT9');

const heading = (page: Page, name: string) =>
  page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

/** The release that the page's style sheet is of. */
async function styleOf(page: Page): Promise<string> {
  await page.waitForLoadState();
  return page.evaluate(() =>
    getComputedStyle(document.querySelector('h1') as Element)
      .getPropertyValue('--release')
      .trim(),
  );
}

/** Opens a site as a new visitor, and runs a test on its page, which must have no complaints. */
async function asVisitor(url: string, visit: (watched: WatchedPage) => Promise<void>): Promise<void> {
  const watched = await watchedPage(browser);
  try {
    await onPage(watched, async () => {
      await watched.page.goto(url);
      await visit(watched);
      expect(watched.complaints).toEqual([]);
    });
  } finally {
    await watched.page.context().close();
  }
}

const siteOf = ({ urls }: { urls: { site?: string | undefined } }): string => `${urls.site}/`;

test('a rollback shows on the next navigation, and pages that were open before still work', async () => {
  const one = await shop.publish(ONE);
  const url = siteOf(await client.app(shop.slug));
  await asVisitor(url, async ({ page }) => {
    await heading(page, 'One');
    const two = await shop.publish(TWO);
    // A part that the page has not asked for yet: the current release has no file of that name.
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByText('More of One', { exact: true }).waitFor();

    await page.goto(url);
    await heading(page, 'Two');
    expect(await styleOf(page)).toBe('Two');

    expect(await client.api.apps.release(shop.slug, one)).toMatchObject({
      release: one,
      previousRelease: two,
    });
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByText('More of Two', { exact: true }).waitFor();
    await page.goto(url);
    await heading(page, 'One');
    expect(await styleOf(page)).toBe('One');

    // It is undone by releasing the one before.
    await client.api.apps.release(shop.slug, two);
    await page.goto(url);
    await heading(page, 'Two');
    expect(await styleOf(page)).toBe('Two');
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByText('More of Two', { exact: true }).waitFor();
  });
});

test('a preview has an address of its own that search engines leave out, and goes live as it was built', async () => {
  const before = await client.app(shop.slug);
  const preview = await shop.publish(THREE, {}, { environment: 'preview' });
  expect((await client.app(shop.slug)).release).toBe(before.release);
  const own = siteOf(await client.deployment(preview));
  await asVisitor(own, async ({ page }) => {
    const robots = async () => (await page.goto(own))?.headers()['x-robots-tag'];
    expect(await robots()).toBe('noindex');
    await heading(page, 'Three');
    await client.api.deployments.promote(preview);
    expect((await page.goto(siteOf(before)))?.headers()['x-robots-tag']).toBeUndefined();
    await heading(page, 'Three');
    expect(await styleOf(page)).toBe('Three');
  });
});

test('a path of the API is a path of the site, with the site’s own page for what is missing', async () => {
  await shop.publish({
    ...ONE,
    '404.html': '<!doctype html><title>Gone</title><h1>The shop has no such page</h1>',
  });
  const site = siteOf(await client.app(shop.slug));
  const { page } = await watchedPage(browser);
  for (const path of ['api/health', 'api/apps', 'a/shop', 'auth/v1/settings']) {
    const response = await page.goto(site + path);
    expect([path, response?.status()]).toEqual([path, 404]);
    await heading(page, 'The shop has no such page');
  }
  await page.context().close();
});

test('a private site loads with its parts for who has the password, and for nobody else', async () => {
  const club = await sitePublisher(edge, 'club');
  await client.api.apps.update(club.slug, { access: { production: 'password' }, password: 'open sesame' });
  await club.publish(ONE);
  const url = siteOf(await client.app(club.slug));
  await asVisitor(url, async ({ page }) => {
    await page.getByLabel('Password').fill('open sesame');
    await page.getByRole('button', { name: 'Continue' }).click();
    await heading(page, 'One');
    expect(await styleOf(page)).toBe('One');
    const [script] = Object.keys(ONE).filter((path) => path.includes('app-'));
    const kept = await page.evaluate(
      async (path) => (await fetch(path)).headers.get('cache-control'),
      `/${script}`,
    );
    expect(kept).toBe('private, max-age=31536000, immutable');
    await page.getByRole('button', { name: 'More' }).click();
    await page.getByText('More of One', { exact: true }).waitFor();

    // Another visitor, with nothing.
    const stranger = await browser.newContext();
    const refused = await (await stranger.newPage()).goto(`${url}${script}`);
    expect(refused?.url()).toContain('/.appflux/password');
    await stranger.close();
  });
});

/** Has a deployment have ended long ago, while nothing else has the database open: nothing is removed in its first hours. */
function makeOld(id: string): void {
  const folder = join(edge.persist, 'd1', 'miniflare-D1DatabaseObject');
  const name = readdirSync(folder).find((file) => /^[0-9a-f]{64}\.sqlite$/.test(file));
  const database = new DatabaseSync(join(folder, name ?? ''));
  const statement = database.prepare(
    "UPDATE deployments SET record = json_set(record, '$.finishedAt', '2026-01-01T00:00:00.000Z') WHERE id = ?",
  );
  const { changes } = statement.run(id);
  database.close();
  if (changes !== 1) throw new Error('the deployment is not in the database');
}

test('what retention removed is gone for its visitors, and the release is not', async () => {
  const { slug } = shop;
  const { items } = await client.api.deployments.listOf(slug);
  const oldest = items.at(-1);
  if (oldest === undefined) throw new Error('nothing was deployed');
  const address = siteOf(oldest);
  await asVisitor(address, async ({ page }) => heading(page, 'One'));
  await client.api.apps.update(slug, {
    retention: { artifacts: { keepLast: 1, days: 0 }, logs: null },
  });
  await edge.crash(() => makeOld(oldest.id));
  const operator = new Client({ url: edge.url, token: edge.operatorSecret });
  await expect
    .poll(async () => {
      await operator.api.operator.sweep();
      return (await client.deployment(oldest.id)).artifactsRemovedAt;
    })
    .not.toBeNull();
  const { page } = await watchedPage(browser);
  await expect.poll(async () => (await page.goto(address))?.status()).toBe(410);
  await heading(page, 'This version was removed');
  await page.getByRole('link', { name: 'Open the current version' }).click();
  await heading(page, 'One');
  await page.context().close();
});
