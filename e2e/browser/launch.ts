/** The system's Chromium, as tests drive it. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** Where distributions put it; APPFLUX_TEST_BROWSER says another place. */
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome-stable'];

/** Root needs --no-sandbox; the rest keeps the browser from talking to anybody but the page. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts a browser without a window.
 * @throws Error when there is none on this machine
 */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.APPFLUX_TEST_BROWSER ?? PLACES.find((path) => existsSync(path));
  if (executablePath === undefined) {
    throw new Error(
      'No Chromium on this machine: install the package chromium, or set APPFLUX_TEST_BROWSER to its program',
    );
  }
  return chromium.launch({ executablePath, args: FLAGS, headless: true });
}
