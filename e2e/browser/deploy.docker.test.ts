/** A whole deployment in a browser: sign in by the printed link, drop a ZIP, watch the log, open the site. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Download, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { ensureWebImage } from '../../runner/src/testing/docker.ts';
import { ensureDashboard } from '../../stack/dashboard.ts';
import { SILENT } from '../../stack/testing/silent.ts';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type RunnerProcess, startRunner } from '../instance/runner.ts';
import { filesIn, unzip, zipOf } from '../source/zip.ts';
import { deploySampleByKeyboard, tabTo } from './first-site.ts';
import { launchBrowser } from './launch.ts';
import { signInLink } from './sign-in-link.ts';
import { onPage, watchedPage } from './watched-page.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const PASSWORD = 'correct horse battery';
const PROJECT = join(ROOT, 'runner', 'fixtures', 'react-vite');

let edge: EdgeInstance;
let runner: RunnerProcess;
let browser: Browser;

beforeAll(async () => {
  await ensureWebImage(connectEngine());
  await ensureDashboard(ROOT, process.env, SILENT);
  edge = await startInstance();
  runner = await startRunner(edge);
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await runner?.stop();
  await edge?.stop();
});

/** Drags a file over the drop area, as a person does. */
async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
  const dataTransfer = await page.evaluateHandle(
    ({ name, base64 }) => {
      const transfer = new DataTransfer();
      const content = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      transfer.items.add(new File([content], name, { type: 'application/zip' }));
      return transfer;
    },
    { name, base64: bytes.toString('base64') },
  );
  const field = page.getByRole('group', { name: 'Drop a ZIP archive or a folder here' });
  await field.dispatchEvent('dragover', { dataTransfer });
  await field.dispatchEvent('drop', { dataTransfer });
}

const bytesOf = async (download: Download): Promise<Buffer> => readFile(await download.path());

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

it('the sample is deployed and opened by keyboard alone, from signing in to the live site', async () => {
  const watched = await watchedPage(browser);
  const { page } = watched;
  await onPage(watched, async () => {
    // The owner came by the printed link, and set a password to come back with.
    await page.goto(await signInLink(edge));
    await page.getByRole('link', { name: 'New app' }).first().waitFor();
    await page.goto(`${edge.url}/settings/account`);
    await page.getByLabel('New password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Set a password' }).click();
    await page.getByText('Password set').waitFor();
    await page.getByRole('button', { name: 'Account', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in', exact: true }).waitFor();

    // From here on, no pointer.
    await page.goto(edge.url);
    await tabTo(page, 'textbox', 'Email');
    await page.keyboard.type('owner@localhost');
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    const site = await deploySampleByKeyboard(page);
    expect(new URL(site).hostname).toBe('first-light.sites.localhost');
    await page.getByRole('heading', { name: 'Your first site is up' }).waitFor();
    expect(await page.getByText(/^v\d+\.\d+\.\d+$/).count()).toBe(1);
  });
  expect(await runner.leftovers()).toEqual({ containers: [], folders: [] });
});

it('a ZIP that is dropped on the page becomes a site to open and to download', async () => {
  const watched = await watchedPage(browser);
  const { page, complaints } = watched;
  await onPage(watched, async () => {
    await page.goto(await signInLink(edge));
    await page.getByRole('link', { name: 'New app' }).first().click();

    await page.getByRole('heading', { name: 'New app' }).waitFor();
    await page.getByRole('radio', { name: /ZIP upload/ }).check({ force: true });
    await drop(page, 'react-vite.zip', await zipOf(await filesIn(PROJECT)));

    // After a drop, nothing is left to say about the source.
    await page.getByRole('heading', { name: 'Configure' }).waitFor();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Dropped on the page');
    await page.getByRole('button', { name: 'Continue' }).click();

    await page.getByRole('heading', { name: 'Confirm and deploy' }).waitFor();
    await page.getByRole('button', { name: 'Deploy' }).click();

    await page.waitForURL(/\/deployments\/[0-9a-f]{24}$/);
    const log = page.getByRole('region', { name: 'Build log' });
    await log.getByText('$ npm ci').waitFor({ timeout: 120_000 });
    await log.getByText(/modules transformed/).waitFor({ timeout: 120_000 });
    await page.getByText('Ready', { exact: true }).first().waitFor({ timeout: 120_000 });

    const id = page.url().slice(-24);
    const deployment = await new Client(edge).deployment(id);
    expect(deployment).toMatchObject({ status: 'success', trigger: 'upload', version: '1.2.3' });
    const [artifact] = deployment.artifacts;
    const name = artifact?.name ?? '';

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name }).first().click(),
    ]);
    expect(download.suggestedFilename()).toBe(name);
    const bytes = await bytesOf(download);
    expect(sha256(bytes)).toBe(artifact?.sha256);
    const files = await unzip(bytes);
    expect(files.get('index.html')?.toString()).toContain('<div id="root">');
    expect([...files.keys()].some((path) => /^assets\/.*\.js$/.test(path))).toBe(true);

    // The page of an app that is a site is the site.
    await page.goto(`${edge.url}/a/dropped-on-the-page`);
    await page.locator('#root > *').first().waitFor();
    expect(new URL(page.url()).hostname).toBe('dropped-on-the-page.sites.localhost');

    // The form checks whether a slug is free by requesting it; the browser reports a download as an aborted request.
    const unexpected = complaints.filter(
      (complaint) =>
        !complaint.includes('/api/apps/dropped-on-the-page)') && !complaint.includes('net::ERR_ABORTED'),
    );
    expect(unexpected).toEqual([]);
  });
  expect(await runner.leftovers()).toEqual({ containers: [], folders: [] });
});

it('the page of a version works without JavaScript', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const { release } = await new Client(edge).app('dropped-on-the-page');
  await page.goto(`${edge.url}/a/dropped-on-the-page/versions/${release}`);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page
      .getByRole('link', { name: /\.zip$/ })
      .first()
      .click(),
  ]);
  expect((await unzip(await bytesOf(download))).has('index.html')).toBe(true);
  await context.close();
});

it('a sign-in link signs in once', async () => {
  const link = await signInLink(edge);
  const first = await watchedPage(browser);
  await onPage(first, async () => {
    await first.page.goto(link);
    await first.page.getByRole('link', { name: 'New app' }).first().waitFor();
  });
  const second = await watchedPage(browser);
  await onPage(second, async () => {
    await second.page.goto(link);
    await second.page.getByRole('heading', { name: 'This link no longer works' }).waitFor();
  });
});
