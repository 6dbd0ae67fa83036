// @vitest-environment node
/** The dashboard without a connection, and across new versions of it, in a real browser with the in-memory API. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BUILD, chromiumPath, ensureBuild } from '../../testing/browser.ts';
import { nextBuild } from '../../testing/next-build.ts';
import { useBrowser } from '../../testing/visit.ts';

const visit = useBrowser();

let folder: string;
/** A later version, and the first one in another language. */
let later: string;
let german: string;
beforeAll(async () => {
  if (chromiumPath === undefined) return;
  await ensureBuild();
  folder = await mkdtemp(join(tmpdir(), 'appflux-builds-'));
  [later, german] = [join(folder, 'later'), join(folder, 'german')];
  await nextBuild(BUILD, later, { version: '2' });
  await nextBuild(BUILD, german, { version: '1de', folder: 'de' });
});
afterAll(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

/** The paths that the browser keeps, by cache. */
const kept = (page: Page) =>
  page.evaluate(async () => {
    const names = await caches.keys();
    const paths = async (name: string) =>
      (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname);
    return Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await paths(name)] as const)),
    );
  });

/** Waits until the service worker has everything that the page has loaded. */
const installed = (page: Page) =>
  expect
    .poll(async () => {
      const loaded = await page.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .map(({ name }) => new URL(name).pathname)
          .filter((path) => path.includes('/immutable/')),
      );
      const files = new Set(Object.values(await kept(page)).flat());
      return loaded.length > 0 && loaded.every((path) => files.has(path));
    })
    .toBe(true);

const version = (page: Page) =>
  page.evaluate(() => document.querySelector('meta[name="appflux-version"]')?.getAttribute('content'));
const heading = (page: Page, name: string) => page.getByRole('heading', { name, level: 1 }).waitFor();
const registrations = (page: Page) =>
  page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);

describe.skipIf(chromiumPath === undefined)('without a connection', () => {
  test('a page opens, says so, and loads by itself when the connection is back', async () => {
    const { page, faults } = await visit('/runners', { worker: true });
    await installed(page);
    await page.context().setOffline(true);
    await page.reload();
    await page.getByText('You’re offline').first().waitFor();
    await page.context().setOffline(false);
    await heading(page, 'Runners');
    expect(await page.getByText('You’re offline').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test('an open page stays as it is, says since when, and is up to date afterwards', async () => {
    const { page, api } = await visit('/runners', { worker: true });
    await page.context().setOffline(true);
    await page.getByText('You’re offline. This page updates when the connection is back.').waitFor();
    await page.getByText(/^Last updated/).waitFor();
    const [first] = api.world.runners;
    if (first === undefined) throw new Error('there is no runner');
    await page.getByText(first.name).first().waitFor();
    first.name = 'renamed-meanwhile';
    await page.context().setOffline(false);
    await page.getByText('renamed-meanwhile').first().waitFor();
  });

  test('a page that was never opened says so, and loads when the connection is back', async () => {
    const { page } = await visit('/runners', { worker: true });
    await installed(page);
    await page.context().setOffline(true);
    await page.getByRole('link', { name: 'Activity' }).filter({ visible: true }).first().click();
    await page.getByText('This page isn’t available offline').waitFor();
    await page.context().setOffline(false);
    await heading(page, 'Activity');
  });

  test('to a server that doesn’t answer, the page says so and tries again', async () => {
    const { page, api } = await visit('/runners', { worker: true });
    await installed(page);
    const { port } = new URL(api.origin);
    await api.stop();
    await page.reload();
    await page.getByText('AppFlux can’t be reached').first().waitFor();
    await api.start(Number(port));
    await heading(page, 'Runners');
  });

  test('nothing but code is kept', async () => {
    const { page } = await visit('/apps', { worker: true });
    await installed(page);
    await page.goto(page.url().replace('/apps', '/runners'));
    await heading(page, 'Runners');
    const paths = Object.values(await kept(page)).flat();
    const other = paths.filter(
      (path) => !/^\/(?:_appflux\/immutable\/|_appflux\/tabs\/|theme\.js$|favicon\.svg$|$)/.test(path),
    );
    expect(other).toEqual([]);
  });
});

describe.skipIf(chromiumPath === undefined)('a new version', () => {
  test('is used from the next navigation on, and the files of the old one stay while a tab runs it', async () => {
    const { page, api, faults } = await visit('/runners', { worker: true });
    await installed(page);
    const first = await version(page);
    api.deploy(later);
    const other = await page.context().newPage();
    await other.goto(`${api.origin}/runners`);
    await heading(other, 'Runners');
    expect(await version(other)).toBe('2');
    await installed(other);
    expect(Object.keys(await kept(other))).toEqual(
      expect.arrayContaining([`appflux-files-${first}`, 'appflux-files-2']),
    );
    // A page that the old version has not loaded is gone from the server: the new version is loaded in its place.
    await page.getByRole('link', { name: 'Activity' }).filter({ visible: true }).first().click();
    await heading(page, 'Activity');
    expect(await version(page)).toBe('2');
    await expect.poll(async () => Object.keys(await kept(page))).not.toContain(`appflux-files-${first}`);
    expect(faults).toEqual([]);
  });

  test('in another language works beside the first one', async () => {
    const { page, api } = await visit('/runners', { worker: true });
    await installed(page);
    api.deploy(german);
    const other = await page.context().newPage();
    await other.goto(`${api.origin}/runners`);
    await heading(other, 'Runners');
    await installed(other);
    await page.context().setOffline(true);
    await other.reload();
    await other.getByText('You’re offline').first().waitFor();
    expect(await version(other)).toBe('1de');
    // The open page of the first language still has its files.
    expect(Object.keys(await kept(page))).toHaveLength(3);
  });
});

describe.skipIf(chromiumPath === undefined)('the worker unregisters itself and removes its files', () => {
  test('when its script is gone', async () => {
    const { page, api } = await visit('/runners', { worker: true });
    await installed(page);
    api.removed.add('/service-worker.js');
    await page.reload();
    await expect.poll(() => registrations(page)).toBe(0);
    await expect.poll(() => kept(page)).toEqual({});
    await heading(page, 'Runners');
  });

  test('when another product is served, without changing its page', async () => {
    const { page, api } = await visit('/runners', { worker: true });
    await installed(page);
    api.otherProduct = '<!doctype html><title>Other</title><h1>Another product</h1>';
    await page.reload();
    await heading(page, 'Another product');
    await expect.poll(() => registrations(page)).toBe(0);
    await expect.poll(() => kept(page)).toEqual({});
  });

  test('and stays while the server has an error', async () => {
    const { page, api } = await visit('/runners', { worker: true });
    await installed(page);
    api.failing = 500;
    await page.reload();
    api.failing = null;
    await page.reload();
    await heading(page, 'Runners');
    expect(await registrations(page)).toBe(1);
  });
});
