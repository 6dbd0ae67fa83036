// @vitest-environment node
/** Live logs in the built dashboard, in a real browser with the in-memory API. */
import { type Deployment, failure, type LogLine } from '@appflux/protocol';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { app, deployment, idOf } from '../../testing/fixtures.ts';
import { longLog } from '../../testing/sample-log.ts';
import { useBrowser } from '../../testing/visit.ts';
import { emptyWorld } from '../../testing/world.ts';

const visit = useBrowser();
const id = idOf(900);

/** A world with a running deployment whose log has a number of lines. */
function building(lines: number, over: Partial<Deployment> = {}) {
  const world = emptyWorld();
  world.apps = [app()];
  world.deployments = [
    deployment({
      id,
      status: 'building',
      phase: 'building',
      attempt: 1,
      startedAt: new Date().toISOString(),
      phases: [{ phase: 'building', startedAt: new Date().toISOString(), finishedAt: null }],
      ...over,
    }),
  ];
  world.logs.set(id, linesFrom(1, lines));
  return world;
}

const linesFrom = (from: number, to: number, text = (seq: number) => `line number ${seq}.`): LogLine[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    seq: from + index,
    at: '2026-11-01T12:00:00.000Z',
    stream: 'stdout',
    phase: 'building',
    text: text(from + index),
  }));

const log = (page: Page) => page.getByRole('group', { name: /^Lines of the log/ });
const line = (page: Page, seq: number) => log(page).getByText(`line number ${seq}.`, { exact: true });
const shownNumbers = (page: Page) =>
  page.locator('.log-number').evaluateAll((links) => links.map((link) => Number(link.textContent)));

describe.skipIf(chromiumPath === undefined)('a live log', () => {
  test('follows the end, pauses when scrolled up, counts new lines, and resumes', async () => {
    const { page, api } = await visit(`/deployments/${id}`, { world: building(300) });
    await line(page, 300).waitFor();
    api.log(id, linesFrom(301, 320));
    await line(page, 320).waitFor();
    await log(page).hover();
    await page.mouse.wheel(0, -2000);
    await line(page, 320).waitFor({ state: 'detached' });
    api.log(id, linesFrom(321, 345));
    await page.getByRole('button', { name: '25 new lines' }).click();
    await line(page, 345).waitFor();
    api.log(id, linesFrom(346, 350));
    await line(page, 350).waitFor();
  });

  test('has no gaps or duplicates when all connections are dropped', async () => {
    const { page, api } = await visit(`/deployments/${id}`, { world: building(10) });
    await line(page, 10).waitFor();
    api.dropViewers();
    api.log(id, linesFrom(11, 20));
    await line(page, 20).waitFor();
    api.dropViewers();
    api.log(id, linesFrom(21, 24));
    await line(page, 24).waitFor();
    expect(await shownNumbers(page)).toEqual(Array.from({ length: 24 }, (_, index) => index + 1));
  });

  test('is polled where no WebSocket can be opened', async () => {
    const world = building(5);
    world.hanging.add('WebSocket');
    const { page, api } = await visit(`/deployments/${id}`, { world });
    await line(page, 5).waitFor();
    await page.getByText('No live connection. New lines arrive every few seconds.').waitFor();
    api.log(id, linesFrom(6, 8));
    await line(page, 8).waitFor();
  });

  test('updates the page with the deployment’s phase, failure, and hint, and announces them to screen readers', async () => {
    const { page, api } = await visit(`/deployments/${id}`, { world: building(3, { phase: 'preparing' }) });
    await line(page, 3).waitFor();
    api.change(id, { phase: 'building' });
    await page
      .getByRole('status')
      .filter({ hasText: 'Harbor: Build phase started.' })
      .waitFor({ state: 'attached' });
    api.change(id, {
      status: 'failed',
      phase: null,
      finishedAt: new Date().toISOString(),
      failure: failure('out_of_memory', 'The build used all of its memory', 'building'),
    });
    await page.getByRole('heading', { name: 'The build used all of its memory' }).waitFor();
    await page.getByText('raise its memory limit').waitFor();
    await page.getByRole('button', { name: 'Redeploy', exact: true }).waitFor();
    await expect.poll(() => page.title()).toBe('Failed · Harbor · AppFlux');
  });

  test('shows hostile lines as text and doesn’t execute them', async () => {
    const world = building(0);
    world.logs.set(id, [
      ...linesFrom(
        1,
        1,
        () => '<img src=x onerror="document.title=\'owned\'"><script>document.title="owned"</script>',
      ),
      ...linesFrom(
        2,
        2,
        () => '\u001b]8;;javascript:document.title="owned"\u001b\\press me\u001b]8;;\u001b\\',
      ),
      ...linesFrom(3, 3, () => 'safe \u202etxt.exe'),
      ...linesFrom(4, 4, () => '\u001b[38;2;0;0;0;48;2;0;0;0mhidden\u001b[0m'),
      ...linesFrom(5, 5, () => 'first\u2028second\u2029third'),
    ]);
    const { page } = await visit(`/deployments/${id}`, { world });
    await log(page).getByText('<img src=x onerror=').waitFor();
    await log(page).getByText('press me').waitFor();
    await log(page).getByText('safe ‹U+202E›txt.exe').waitFor();
    await log(page).getByText('first‹U+2028›second‹U+2029›third').waitFor();
    expect(await log(page).locator('img, script, a:not(.log-number)').count()).toBe(0);
    expect(await page.title()).not.toBe('owned');
    const hidden = log(page).getByText('hidden');
    const colors = await hidden.evaluate((element) => {
      const { color, backgroundColor } = getComputedStyle(element);
      return [color, backgroundColor];
    });
    expect(colors[0]).not.toBe(colors[1]);
  });

  test('follows the end on a phone too, where wrapped lines are taller than estimated', async () => {
    const world = building(0);
    world.logs.set(
      id,
      linesFrom(1, 6000, (seq) => `${'word '.repeat(seq % 40)}line number ${seq}.`),
    );
    const { page, api } = await visit(`/deployments/${id}`, { world, width: 390 });
    await log(page).getByText('line number 6000.').waitFor();
    api.log(
      id,
      linesFrom(6001, 6050, (seq) => `${'word '.repeat(60)}line number ${seq}.`),
    );
    await log(page).getByText('line number 6050.').waitFor();
    await page.goto(`${api.origin}/deployments/${id}#L3210`);
    await log(page).getByText('line number 3210.').waitFor();
    expect(await page.getByRole('button', { name: /new lines/ }).count()).toBe(0);
  });

  test('is searched and linked by keyboard', async () => {
    const { page, api } = await visit(`/deployments/${id}`, { world: building(2000) });
    await line(page, 2000).waitFor();
    await log(page).focus();
    await page.keyboard.press('/');
    await page.keyboard.type('NUMBER 1234.');
    await page.getByText('0 of 1').waitFor();
    await page.keyboard.press('Enter');
    await line(page, 1234).waitFor();
    expect(page.url()).toBe(`${api.origin}/deployments/${id}#L1234`);
    await page.reload();
    await line(page, 1234).waitFor();
    expect(await page.locator('[data-target]').count()).toBe(1);
  });

  test('of 50,000 lines opens and scrolls without stalls', async () => {
    const world = building(0);
    world.logs.set(id, longLog(50_000, '2026-11-01T12:00:00.000Z'));
    const { page } = await visit(`/deployments/${id}`, { world, settled: false });
    await log(page).getByText('test 49995 passed').waitFor();
    expect(await page.locator('.log-line').count()).toBeLessThan(300);
    const longest = await log(page).evaluate(async (element) => {
      let worst = 0;
      for (let step = 0; step < 60; step += 1) {
        const before = performance.now();
        element.scrollTop = (element.scrollHeight * step) / 60;
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        worst = Math.max(worst, performance.now() - before);
      }
      return worst;
    });
    // Generous, for a busy machine without a GPU: a list that is not virtual takes far longer.
    expect(longest).toBeLessThan(2000);
  });
});
