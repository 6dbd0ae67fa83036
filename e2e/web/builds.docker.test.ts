/**
 * Real projects from a ZIP to a site that a visitor can use. Control plane, runner, engine, registry and browser are
 * real. Together they use every package manager.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { launchBrowser } from '../browser/launch.ts';
import { ensureImages } from '../kinds/container.ts';
import { type Built, type KindInstance, startKindInstance } from '../kinds/instance.ts';
import { openSite } from './open-site.ts';

/** Simultaneous builds. A test that began earlier would wait for its turn, and its timeout would run. */
const SLOTS = 2;
vi.setConfig({ maxConcurrency: SLOTS });

let instance: KindInstance;
let browser: Browser;

beforeAll(async () => {
  await ensureWebImage(connectEngine());
  await ensureImages('sites');
  instance = await startKindInstance({ slots: SLOTS });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await instance?.stop();
});

/** The page has the right heading, and its script runs. */
async function expectWorking(page: Page, heading: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
  await page.getByRole('button', { name: 'Clicked 0' }).click();
  await page.getByRole('button', { name: 'Clicked 1' }).waitFor();
}

/** The part of the record about how it was built. */
function facts({ deployment: { plan, version } }: Built) {
  const { type, framework, packageManager, installCommand, buildCommand, outputs } = plan ?? {};
  return { type, framework, packageManager, installCommand, buildCommand, outputs, version };
}

describe('a project becomes a site that works', () => {
  it.concurrent.each([
    {
      fixture: 'vite-react',
      heading: 'Built by React',
      plan: ['vite', 'npm', 'npm ci', 'npm run build', 'dist', '1.2.3'],
    },
    {
      fixture: 'sveltekit-static',
      heading: 'Built by SvelteKit',
      plan: ['svelte-kit', 'pnpm', 'pnpm install --frozen-lockfile', 'pnpm run build', 'build', '0.3.0'],
    },
    {
      fixture: 'astro',
      heading: 'Built by Astro',
      plan: ['astro', 'yarn', 'yarn install --immutable', 'yarn run build', 'dist', '2.0.0'],
    },
    {
      fixture: 'next-export',
      heading: 'Built by Next.js',
      plan: ['next', 'bun', 'bun install --frozen-lockfile', 'bun run build', 'out', '4.5.6'],
    },
    {
      fixture: 'eleventy',
      heading: 'Built by Eleventy',
      plan: ['eleventy', 'npm', 'npm install', 'npm run build', '_site', '3.0.1'],
    },
    {
      fixture: 'hugo',
      heading: 'Built by Hugo',
      plan: ['hugo', null, null, 'hugo', 'public', null],
    },
    {
      fixture: 'mkdocs',
      heading: 'Built by MkDocs',
      plan: ['mkdocs', null, 'pip install -r requirements.txt', 'mkdocs build', 'site', null],
    },
  ] as const)('$fixture', async ({ fixture, heading, plan }) => {
    const built = await instance.build(fixture);
    const [framework, packageManager, installCommand, buildCommand, output, version] = plan;
    expect(facts(built)).toEqual({
      type: 'web',
      framework,
      packageManager,
      installCommand,
      buildCommand,
      outputs: [output],
      version,
    });
    await openSite(browser, built, async ({ page, complaints }) => {
      await expectWorking(page, heading);
      expect(complaints).toEqual([]);
    });
  });

  it.concurrent('a package of a Turborepo, built from the top after the package that it depends on', async () => {
    const built = await instance.build('turborepo');
    expect(facts(built)).toEqual({
      type: 'web',
      framework: 'vite',
      packageManager: 'pnpm',
      installCommand: 'pnpm install --frozen-lockfile',
      buildCommand: 'pnpm exec turbo run build --filter=web',
      outputs: ['apps/web/dist'],
      version: '5.1.0',
    });
    expect(built.log).toContain('Chosen from the workspace’s sites: apps/web, because of its name.');
    expect(built.log).toContain('There is also "apps/docs": to build it instead, set the root directory');
    const [dependency, site] = ['@fixture/count:build', 'web:build'].map((task) =>
      built.log.indexOf(`${task}: >`),
    );
    expect(dependency, built.log).toBeGreaterThan(0);
    expect(site).toBeGreaterThan(dependency ?? 0);
    expect(built.log).not.toContain('docs:build');
    await openSite(browser, built, async ({ page, complaints }) => {
      await expectWorking(page, 'Built by Turborepo');
      expect(complaints).toEqual([]);
    });
  });

  it.concurrent('a PWA, which also works without its server', async () => {
    const built = await instance.build('pwa');
    expect(facts(built)).toEqual({
      type: 'pwa',
      framework: 'vite',
      packageManager: 'yarn',
      installCommand: 'yarn install --frozen-lockfile',
      buildCommand: 'yarn run build',
      outputs: ['dist'],
      version: '0.9.0',
    });
    await openSite(browser, built, async ({ page, complaints, server }) => {
      await expectWorking(page, 'Built to stay');
      const manifest = await page.evaluate(async () => {
        const link = document.querySelector<HTMLLinkElement>('link[rel=manifest]');
        return (await fetch(link?.href ?? '')).json();
      });
      expect(manifest).toMatchObject({ name: 'Built to stay', display: 'standalone' });
      const worker = await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.scriptURL);
      expect(worker).toBe(`${server.url}service-worker.js`);
      await page.reload();
      await expectWorking(page, 'Built to stay');
      expect(complaints).toEqual([]);

      await server.close();
      await page.reload();
      await expectWorking(page, 'Built to stay');
    });
  });

  it.concurrent('plain HTML, delivered unchanged and without a container', async () => {
    const built = await instance.build('plain-html');
    expect(facts(built)).toEqual({
      type: 'web',
      framework: null,
      packageManager: null,
      installCommand: null,
      buildCommand: null,
      outputs: ['.'],
      version: null,
    });
    await openSite(browser, built, async ({ page, complaints, files }) => {
      expect([...files.keys()].sort()).toEqual(['count.js', 'index.html', 'style.css']);
      await expectWorking(page, 'Built by nobody');
      expect(complaints).toEqual([]);
    });
  });
});

it('these builds leave nothing on the host', async () => {
  expect(await instance.runner.leftovers()).toEqual({ containers: [], folders: [] });
});
