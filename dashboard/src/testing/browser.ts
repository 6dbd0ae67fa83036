import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

const DASHBOARD = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** A build that was made for the tests, if there is one. */
const READY_BUILD = process.env.APPFLUX_TEST_DASHBOARD;

/** The folder of the build to test. */
export const BUILD = READY_BUILD ?? join(DASHBOARD, '.svelte-kit/test/site');

/**
 * Chromium, from CHROMIUM_PATH or where distributions install it; undefined if there is none. Prefers the headless
 * shell: it renders no browser window, which halves the cost of a page.
 */
export const chromiumPath = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== undefined && existsSync(path));

/** Starts the browser. Throws if there is none. */
export function launchBrowser(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('Chromium not found. Install it or set CHROMIUM_PATH.');
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Builds the dashboard if there is no build or a source is newer. Concurrent processes build once. */
export async function ensureBuild(): Promise<void> {
  if (READY_BUILD !== undefined || (await isFresh())) return;
  const release = await lock(join(DASHBOARD, '.svelte-kit/test.lock'));
  try {
    if (!(await isFresh())) await buildDashboard();
  } finally {
    await release();
  }
}

async function isFresh(): Promise<boolean> {
  const built = await stat(join(BUILD, 'index.html')).catch(() => null);
  return built !== null && built.mtimeMs > (await newestSource());
}

async function buildDashboard(): Promise<void> {
  await promisify(execFile)(process.execPath, [join(DASHBOARD, 'bundling/build.ts')], {
    cwd: DASHBOARD,
    env: { ...process.env, DASHBOARD_BUILD: 'test', NODE_ENV: 'production' },
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** A lock between processes: a folder, which only one of them can create. Removes a stale one. */
async function lock(folder: string): Promise<() => Promise<void>> {
  await mkdir(dirname(folder), { recursive: true });
  for (;;) {
    try {
      await mkdir(folder);
      return () => rm(folder, { recursive: true, force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const held = await stat(folder).catch(() => null);
    if (held && Date.now() - held.mtimeMs > 180_000) await rm(folder, { recursive: true, force: true });
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

async function newestSource(): Promise<number> {
  const files = await Promise.all(
    ['src', 'static', 'locales', 'translating', 'bundling', '../protocol/src']
      .map((name) => join(DASHBOARD, name))
      .map(async (folder) =>
        (await readdir(folder, { recursive: true, withFileTypes: true }))
          .filter(
            (entry) =>
              entry.isFile() && !/\.test\.ts$/.test(entry.name) && !entry.parentPath.endsWith('testing'),
          )
          .map((entry) => join(entry.parentPath, entry.name)),
      ),
  );
  const all = [...files.flat(), join(DASHBOARD, 'package.json'), join(DASHBOARD, 'vite.config.ts')];
  const times = await Promise.all(all.map(async (file) => (await stat(file)).mtimeMs));
  return Math.max(...times);
}
