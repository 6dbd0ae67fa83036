/**
 * A source with several projects, in the dashboard: the form asks which to build, and so does a deployment without a
 * choice.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGitServer } from '../../runner/src/job/prepare/testing/git-server.ts';
import { BareRepository } from '../../runner/src/job/prepare/testing/repository.ts';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { ensureDashboard } from '../../stack/dashboard.ts';
import { SILENT } from '../../stack/testing/silent.ts';
import { type InstanceWithRunner, startWithRunner } from '../instance/with-runner.ts';
import { filesIn, fixtureFolder, unzip, zipOf } from '../source/zip.ts';
import { launchBrowser } from './launch.ts';
import { signInLink } from './sign-in-link.ts';
import { onPage, type WatchedPage, watchedPage } from './watched-page.ts';

const ROOT = join(import.meta.dirname, '..', '..');

let instance: InstanceWithRunner;
let browser: Browser;
let watched: WatchedPage;

beforeAll(async () => {
  await ensureWebImage(connectEngine());
  await ensureDashboard(ROOT, process.env, SILENT);
  instance = await startWithRunner();
  browser = await launchBrowser();
  watched = await watchedPage(browser);
  await watched.page.goto(await signInLink(instance.edge));
  await watched.page.getByRole('link', { name: 'New app' }).first().waitFor();
});

afterAll(async () => {
  await browser?.close();
  await instance?.stop();
});

/** The Turborepo of the fixtures, with its site and its documentation renamed so that neither stands out. */
async function twoSites(): Promise<Buffer> {
  const files = await filesIn(fixtureFolder('turborepo'));
  const renamed = (text: string) =>
    text.replaceAll('apps/web', 'apps/shop').replaceAll('apps/docs', 'apps/help');
  return zipOf(
    Object.fromEntries(
      Object.entries(files).map(([path, content]) => [renamed(path), renamed(content.toString())]),
    ),
  );
}

/** The page that a deployment has built. */
async function builtPage(id: string): Promise<string | undefined> {
  const deployment = await instance.client.untilEnded(id, 250_000);
  const log = (await instance.client.logs(id)).items.map(({ text }) => text).join('\n');
  expect(deployment.failure, log).toBeNull();
  const site = await fetch(deployment.artifacts[0]?.url ?? '');
  return (await unzip(Buffer.from(await site.arrayBuffer()))).get('index.html')?.toString();
}

it('the form for a ZIP asks which of its sites to build, and that one is built', async () => {
  const { page } = watched;
  await onPage(watched, async () => {
    await page.goto(`${instance.edge.url}/new?from=upload`);
    await page
      .getByLabel('Project archive')
      .setInputFiles({ name: 'two-sites.zip', mimeType: 'application/zip', buffer: await twoSites() });
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('The ZIP contains several projects.').waitFor();
    expect(await page.getByRole('radio').count()).toBe(2);
    await page.getByRole('radio', { name: /in apps\/help/ }).check();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('button', { name: 'Deploy' }).click();
    await page.waitForURL(/\/deployments\/[0-9a-f]{24}$/);
    expect(await builtPage(page.url().slice(-24))).toContain('<h1>The documentation</h1>');
    await page.getByText('Ready', { exact: true }).first().waitFor();
  });
});

it('a deployment without a choice lists the projects, and the one that is chosen there is built', async () => {
  const { page } = watched;
  const { client, edge } = instance;
  const { slug } = await client.createApp({ name: 'Nobody chose' });
  const { id } = await client.deploy(slug, {
    uploadId: await client.upload('two-sites.zip', await twoSites()),
  });
  expect((await client.untilEnded(id)).failure).toMatchObject({
    code: 'ambiguous',
    phase: 'detecting',
    candidates: ['apps/help', 'apps/shop'].map((rootDirectory) => ({
      type: 'web',
      framework: 'vite',
      set: { rootDirectory, type: null, framework: null },
    })),
  });
  await onPage(watched, async () => {
    await page.goto(`${edge.url}/deployments/${id}`);
    await page.getByRole('button', { name: /^Build this\s+apps\/shop$/ }).click();
    await page.waitForURL(
      (url) => /\/deployments\/[0-9a-f]{24}$/.test(url.pathname) && !url.pathname.endsWith(id),
    );
    const built = page.url().slice(-24);
    expect(await builtPage(built)).toContain('<h1>Built by Turborepo</h1>');
    expect(await client.deployment(built)).toMatchObject({
      plan: { buildCommand: 'cd ../.. && pnpm exec turbo run build --filter=web' },
      version: '5.1.0',
    });
  });
  expect((await client.app(slug)).source).toEqual({ provider: 'upload', rootDirectory: 'apps/shop' });
});

it('the form for a private Git repository asks for a token, then shows what a runner finds in it', async () => {
  const { page } = watched;
  const folder = await mkdtemp(join(tmpdir(), 'appflux-git-'));
  const server = await startGitServer(folder);
  try {
    new BareRepository(folder, 'tides.git').commit(
      {
        'package.json': JSON.stringify({
          name: 'tides',
          scripts: { build: 'vite build' },
          devDependencies: { vite: '8.0.0' },
        }),
      },
      { branch: 'trunk', message: 'Add tides' },
    );
    execFileSync('git', ['symbolic-ref', 'HEAD', 'refs/heads/trunk'], { cwd: join(folder, 'tides.git') });
    server.password = 's3cret';
    await onPage(watched, async () => {
      await page.goto(`${instance.edge.url}/new?from=git`);
      await page.getByLabel('Repository URL').fill(`${server.url}/tides.git`);
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByRole('button', { name: 'Add a credential' }).click();
      await page.getByLabel('Token').fill('s3cret');
      await page.getByLabel('Token').blur();
      await page.getByText('Website · Vite').waitFor();
      expect(await page.getByLabel('Build command').inputValue()).toBe('npm run build');
      expect(await page.getByLabel('Branch').getAttribute('placeholder')).toBe('trunk');
      await page.getByRole('button', { name: 'Continue' }).click();
      const summary = page.getByRole('region', { name: 'Tides' });
      await summary.getByText('Add tides').waitFor();
      for (const text of ['trunk', 'Access token', 'npm run build'])
        expect(await summary.innerText()).toContain(text);
    });
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
});
