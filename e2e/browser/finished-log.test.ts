/** A finished log in the dashboard, read from the real edge's storage. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { watchLogRequests } from '../../dashboard/src/testing/log-requests.ts';
import { ensureDashboard } from '../../stack/dashboard.ts';
import { SILENT } from '../../stack/testing/silent.ts';
import { Client } from '../instance/client.ts';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { simulatedBuild } from '../instance/simulated-build.ts';
import { launchBrowser } from './launch.ts';
import { signInLink } from './sign-in-link.ts';
import { onPage, watchedPage } from './watched-page.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const LINES = 40_000;
const PER_FRAME = 2_000;

let edge: EdgeInstance;
let browser: Browser;
let id: string;

beforeAll(async () => {
  await ensureDashboard(ROOT, process.env, SILENT);
  edge = await startInstance();
  const build = await simulatedBuild(edge);
  id = build.id;
  for (let from = 1; from <= LINES; from += PER_FRAME) {
    build.attempt.lines(from, from + PER_FRAME - 1, (seq) => `compiled module ${seq}.`);
    await build.attempt.acked();
  }
  build.attempt.fail();
  await new Client(edge).archived(id);
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await edge?.stop();
});

it('a linked line is shown after few requests, other lines on scrolling, and a search covers the whole log', async () => {
  const watched = await watchedPage(browser);
  const { page, complaints } = watched;
  await onPage(watched, async () => {
    await page.goto(await signInLink(edge));
    // The overview is there, so that leaving it cuts no request off.
    await page.getByText('patient', { exact: true }).first().waitFor();
    await page.waitForLoadState('networkidle');
    const asked = watchLogRequests(page);
    await page.goto(`${edge.url}/deployments/${id}#L23456`);
    const log = page.getByRole('group', { name: /^Lines of the log/ });
    await log.getByText('compiled module 23456.', { exact: true }).waitFor();
    // The outline, the lines around, and the adjacent pages, which may come before or after.
    const { paths, bytes, sockets } = await asked.sofar();
    expect(paths.length).toBeLessThanOrEqual(4);
    expect(bytes).toBeLessThan(400_000);
    expect(sockets).toBe(0);

    await log.focus();
    await page.keyboard.press('Control+Home');
    await log.getByText('compiled module 1.', { exact: true }).waitFor();
    await page.keyboard.press('End');
    await log.getByText(/^Failed \(build_failed\)/).waitFor();

    await page.keyboard.press('/');
    await page.keyboard.type('MODULE 31234.');
    await page.keyboard.press('Enter');
    await log.getByText('compiled module 31234.', { exact: true }).waitFor();
    await page.getByText('1 of 1 lines match').waitFor();

    // Again: the browser has all of it, and revalidates. Playwright shows what the page gets, not what was
    // transferred.
    const wire = await page.context().newCDPSession(page);
    await wire.send('Network.enable');
    const statuses: number[] = [];
    wire.on('Network.responseReceivedExtraInfo', ({ statusCode }) => statuses.push(statusCode));
    // A request that the reload cuts off would be a complaint.
    await page.waitForLoadState('networkidle');
    await page.reload();
    await log.getByText('compiled module 31234.', { exact: true }).waitFor();
    expect(statuses.filter((status) => status === 304).length).toBeGreaterThanOrEqual(2);
    await page.waitForLoadState('networkidle');
    expect(complaints).toEqual([]);
  });
});
