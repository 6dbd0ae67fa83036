import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { BUILD, chromiumPath, ensureBuild, launchBrowser } from './browser.ts';
import { FakeApi } from './fake-api.ts';
import { sampleWorld } from './sample-world.ts';
import type { World } from './world.ts';

export interface Visit {
  world?: World;
  colorScheme?: 'light' | 'dark';
  width?: number;
  signedOut?: boolean;
  /** Whether to wait until the network is idle; true by default. */
  settled?: boolean;
}

/**
 * Starts a browser for the tests of a file. Returns a function that opens a page of the dashboard with its own API.
 * `faults` collects errors of the page and violations of its Content Security Policy.
 */
export function useBrowser() {
  let browser: Browser;
  const open: { context: BrowserContext; api: FakeApi }[] = [];

  beforeAll(async () => {
    if (chromiumPath === undefined) return;
    await ensureBuild();
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const { context, api } of open.splice(0)) {
      await context.close();
      await api.stop();
    }
  });

  return async (path: string, visit: Visit = {}) => {
    const api = new FakeApi(BUILD, visit.world ?? sampleWorld());
    await api.start();
    const context = await browser.newContext({
      colorScheme: visit.colorScheme ?? 'light',
      reducedMotion: 'reduce',
      viewport: { width: visit.width ?? 1280, height: 900 },
      // Restores a signed-in session. Tests of signing in start signed out.
      storageState: { cookies: [], origins: visit.signedOut ? [] : [api.signedIn] },
    });
    open.push({ context, api });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (/Content Security Policy|svelte\.dev\/e\//.test(message.text())) faults.push(message.text());
    });
    await page.goto(api.origin + path);
    if (visit.settled ?? true) await page.waitForLoadState('networkidle');
    return { page, api, faults };
  };
}
