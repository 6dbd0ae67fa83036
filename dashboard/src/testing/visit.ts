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
  /** The browser's language; American English by default. */
  locale?: string;
  signedOut?: boolean;
  /** Whether to wait until the network is idle; true by default. */
  settled?: boolean;
  /** Whether the service worker is registered; false by default, because requests that it makes aren't routed. */
  worker?: boolean;
  /** Called before the page is opened. */
  prepare?: (context: BrowserContext) => Promise<unknown>;
}

/**
 * Starts a browser for the tests of a file. Returns a function that opens a page of the dashboard with its own API.
 * `faults` collects errors of the page, violations of its Content Security Policy, and requests to third parties.
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
      locale: visit.locale ?? 'en-US',
      reducedMotion: 'reduce',
      serviceWorkers: visit.worker ? 'allow' : 'block',
      viewport: { width: visit.width ?? 1280, height: 900 },
      // Restores a signed-in session. Tests of signing in start signed out.
      storageState: { cookies: [], origins: visit.signedOut ? [] : [api.signedIn] },
    });
    open.push({ context, api });
    await visit.prepare?.(context);
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => {
      if (/Content Security Policy|svelte\.dev\/e\//.test(message.text())) faults.push(message.text());
    });
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      // Links may lead elsewhere. What a page loads may not.
      if (
        /^(?:http|ws)/.test(protocol) &&
        ![api.origin, api.storageOrigin].includes(origin.replace(/^ws/, 'http')) &&
        !request.isNavigationRequest()
      ) {
        faults.push(`Request to a third party: ${request.url()}`);
      }
    });
    // What is prepared may hold scripts back, without which the page isn't loaded.
    await page.goto(api.origin + path, { waitUntil: visit.prepare === undefined ? 'load' : 'commit' });
    if (visit.settled ?? true) await page.waitForLoadState('networkidle');
    return { page, api, faults };
  };
}
