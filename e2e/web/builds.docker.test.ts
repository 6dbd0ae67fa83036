/**
 * Real projects from a ZIP to a site that a visitor uses under its own host name. Control plane, runner, engine, registry
 * and browser are real. Together they use every package manager.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { launchBrowser } from '../browser/launch.ts';
import { pause } from '../instance/client.ts';
import { ensureImages } from '../kinds/container.ts';
import { type Built, type KindInstance, startKindInstance } from '../kinds/instance.ts';
import { filesIn, fixtureFolder, unzip } from '../source/zip.ts';
import { documentationZip } from './documentation.ts';
import { kept, type OpenSite, openSite, problems, visit } from './open-site.ts';

/** Simultaneous builds. A test that began earlier would wait for its turn, and its timeout would run. */
const SLOTS = 2;
vi.setConfig({ maxConcurrency: SLOTS });

let instance: KindInstance;
let browser: Browser;
/** The PWA, for the test that stops the server of all the others. */
let pwa: Built | undefined;

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
  await page.getByRole('button', { name: 'Clicked 0', exact: true }).waitFor();
  const counted = page.getByRole('button', { name: /^Clicked [1-9]/ });
  // A page that was rendered before its script has run ignores a click that comes early.
  while (!(await counted.isVisible())) {
    await page.getByRole('button', { name: /^Clicked/ }).click();
    await pause(50);
  }
}

/** The part of the record about how it was built. */
function facts({ deployment: { plan, version } }: Built) {
  const { type, framework, packageManager, installCommand, buildCommand, outputs } = plan ?? {};
  return { type, framework, packageManager, installCommand, buildCommand, outputs, version };
}

/**
 * The second page opens by a click on the first, by its own address, and under other spellings of it. What is not there is
 * answered by the framework's own page, or by one of AppFlux's.
 */
async function expectPages(
  site: OpenSite,
  { about, missing }: { about: string; missing: string },
): Promise<void> {
  const { page, url } = site;
  await page.getByRole('link', { name: 'About', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'About', exact: true }).waitFor();
  expect(new URL(page.url()).pathname).toBe(about);
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'About', exact: true }).waitFor();
  for (const spelling of ['about', 'about/', 'about.html'])
    expect([spelling, await visit(site, url + spelling)]).toEqual([
      spelling,
      { status: 200, heading: 'About' },
    ]);
  expect(await visit(site, `${url}no/such/page`)).toEqual({ status: 404, heading: missing });
}

/** Whatever AppFlux itself answers where a site has no page. */
const NO_PAGE = 'Page not found';

describe('a project becomes a site that works', () => {
  it.concurrent.each([
    {
      fixture: 'sveltekit-static',
      heading: 'Built by SvelteKit',
      plan: ['svelte-kit', 'pnpm', 'pnpm install --frozen-lockfile', 'pnpm run build', 'build', '0.3.0'],
      hashed: /^\/_app\/immutable\//,
      pages: { about: '/about', missing: NO_PAGE },
    },
    {
      fixture: 'astro',
      heading: 'Built by Astro',
      plan: ['astro', 'yarn', 'yarn install --immutable', 'yarn run build', 'dist', '2.0.0'],
      hashed: /^\/_astro\//,
      pages: { about: '/about/', missing: 'Astro found nothing' },
    },
    {
      fixture: 'next-export',
      heading: 'Built by Next.js',
      plan: ['next', 'bun', 'bun install --frozen-lockfile', 'bun run build', 'out', '4.5.6'],
      hashed: /^\/_next\/static\//,
      pages: { about: '/about', missing: '404' },
    },
    {
      fixture: 'eleventy',
      heading: 'Built by Eleventy',
      plan: ['eleventy', 'npm', 'npm install', 'npm run build', '_site', '3.0.1'],
      hashed: null,
      pages: { about: '/about/', missing: NO_PAGE },
    },
    {
      fixture: 'hugo',
      heading: 'Built by Hugo',
      plan: ['hugo', null, null, 'hugo', 'public', null],
      hashed: null,
      pages: { about: '/about/', missing: NO_PAGE },
    },
    {
      fixture: 'jekyll',
      heading: 'Built by Jekyll',
      plan: ['jekyll', null, null, 'jekyll build', '_site', null],
      hashed: null,
      pages: { about: '/about/', missing: NO_PAGE },
    },
    {
      fixture: 'mkdocs',
      heading: 'Built by MkDocs',
      plan: ['mkdocs', null, 'pip install -r requirements.txt', 'mkdocs build', 'site', null],
      hashed: null,
      pages: { about: '/about/', missing: '404' },
    },
  ] as const)('$fixture', async ({ fixture, heading, plan, hashed, pages }) => {
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
    await openSite(browser, instance, built, async (site) => {
      await expectWorking(site.page, heading);
      const immutable = await kept(site);
      expect(immutable.filter((path) => hashed === null || !hashed.test(path))).toEqual([]);
      expect(immutable.length > 0).toBe(hashed !== null);
      await expectPages(site, pages);
      expect(problems(site)).toEqual([]);
    });
  });

  it.concurrent('a single-page app, whose page answers under every path', async () => {
    const built = await instance.build('vite-react');
    expect(facts(built)).toEqual({
      type: 'web',
      framework: 'vite',
      packageManager: 'npm',
      installCommand: 'npm ci',
      buildCommand: 'npm run build',
      outputs: ['dist'],
      version: '1.2.3',
    });
    await openSite(browser, instance, built, async (site) => {
      const { page, url, complaints } = site;
      await expectWorking(page, 'Built by React');
      expect(await kept(site)).toEqual([expect.stringMatching(/^\/assets\/index-.+\.js$/)]);
      await page.goto(`${url}customers/42?tab=orders`);
      await expectWorking(page, 'Built by React');
      expect(complaints).toEqual([]);
      // A script that is gone is not a page.
      const asked = await page.evaluate(async () => (await fetch('/assets/index-00000000.js')).status);
      expect(asked).toBe(404);
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
    await openSite(browser, instance, built, async ({ page, complaints }) => {
      await expectWorking(page, 'Built by Turborepo');
      expect(complaints).toEqual([]);
    });
  });

  it.concurrent('a PWA, which is installed from its host', async () => {
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
    await openSite(browser, instance, built, async ({ page, complaints, url }) => {
      await expectWorking(page, 'Built to stay');
      const manifest = await page.evaluate(async () => {
        const link = document.querySelector<HTMLLinkElement>('link[rel=manifest]');
        return (await fetch(link?.href ?? '')).json();
      });
      expect(manifest).toMatchObject({ name: 'Built to stay', display: 'standalone' });
      const worker = await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.scriptURL);
      expect(worker).toBe(`${url}service-worker.js`);
      await page.reload();
      await expectWorking(page, 'Built to stay');
      expect(complaints).toEqual([]);
    });
    pwa = built;
  });

  it.concurrent('AppFlux’s own documentation, without a setting', async () => {
    const { client } = instance;
    const uploadId = await client.upload('appflux.zip', await documentationZip());
    const { slug } = await client.createApp({ name: 'documentation' });
    const { id } = await client.deploy(slug, { uploadId });
    const deployment = await client.untilEnded(id);
    const log = (await client.logs(id)).items.map(({ text }) => text).join('\n');
    expect(deployment, log).toMatchObject({
      status: 'success',
      plan: { framework: 'vitepress', installCommand: 'npm ci', buildCommand: 'npm run build' },
    });
    await openSite(browser, instance, { deployment }, async (site) => {
      const { page, url } = site;
      const elsewhere: string[] = [];
      page.on('request', (request) => {
        if (!request.url().startsWith(url)) elsewhere.push(request.url());
      });
      await page.getByRole('link', { name: 'Self-hosting', exact: true }).first().click();
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(new URL(page.url()).pathname).toBe('/self-hosting');
      await page.reload();
      await page.getByRole('button', { name: 'Search' }).click();
      await page.getByRole('searchbox').fill('OpenMetrics');
      await page
        .getByRole('listbox')
        .getByRole('link', { name: /Monitoring/ })
        .first()
        .click();
      await page.getByRole('heading', { level: 1, name: /^Monitoring/ }).waitFor();
      expect(await visit(site, `${url}api`)).toMatchObject({ status: 200 });
      expect(await page.evaluate(async () => (await fetch('/monitoring/alerts.yml')).status)).toBe(200);
      expect(elsewhere).toEqual([]);
      expect(problems(site)).toEqual([]);
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
    const [archive] = [...built.files.values()];
    const delivered = await unzip(archive ?? Buffer.alloc(0));
    expect(Object.fromEntries(delivered)).toEqual(await filesIn(fixtureFolder('plain-html')));
    await openSite(browser, instance, built, async (site) => {
      await expectWorking(site.page, 'Built by nobody');
      await expectPages(site, { about: '/about', missing: NO_PAGE });
      expect(await kept(site)).toEqual([]);
      expect(problems(site)).toEqual([]);
    });
  });
});

it('these builds leave nothing on the host', async () => {
  expect(await instance.runner.leftovers()).toEqual({ containers: [], folders: [] });
});

it('the PWA works while nothing answers on its host', async () => {
  if (pwa === undefined) throw new Error('the PWA was not built');
  await openSite(browser, instance, pwa, async ({ page, url }) => {
    await page.evaluate(() => navigator.serviceWorker.ready);
    // Its worker keeps what it has passed on.
    await page.reload();
    await expectWorking(page, 'Built to stay');
    await instance.edge.crash(async () => {
      await expect(fetch(instance.edge.url)).rejects.toThrow();
      await page.goto(url);
      await expectWorking(page, 'Built to stay');
    });
  });
});
