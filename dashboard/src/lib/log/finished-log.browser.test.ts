// @vitest-environment node
/** Finished logs in the built dashboard, in a real browser with the in-memory API. */
import { AppFluxError, type Failure, type LogLine } from '@appflux/protocol';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { chromiumPath } from '../../testing/browser.ts';
import { app, deployment, idOf } from '../../testing/fixtures.ts';
import { watchLogRequests } from '../../testing/log-requests.ts';
import { longLog } from '../../testing/sample-log.ts';
import { useBrowser } from '../../testing/visit.ts';
import { emptyWorld } from '../../testing/world.ts';

const visit = useBrowser();
const id = idOf(901);
const STARTED = '2026-11-01T12:00:00.000Z';

/** A world with an ended deployment and its log. */
function finished(
  lines: LogLine[],
  status: 'success' | 'failed' = 'success',
  failure: Failure | null = null,
) {
  const world = emptyWorld();
  world.apps = [app()];
  world.deployments = [
    deployment({
      id,
      status,
      failure,
      phase: null,
      attempt: 1,
      startedAt: STARTED,
      finishedAt: '2026-11-01T12:05:00.000Z',
      phases: [{ phase: 'building', startedAt: STARTED, finishedAt: '2026-11-01T12:05:00.000Z' }],
    }),
  ];
  world.logs.set(id, lines);
  return world;
}

const linesOf = (count: number, text = (seq: number) => `line number ${seq}.`): LogLine[] =>
  Array.from({ length: count }, (_, index) => ({
    seq: index + 1,
    at: STARTED,
    stream: 'stdout',
    phase: index < count / 2 ? 'preparing' : 'building',
    text: text(index + 1),
  }));

const log = (page: Page) => page.getByRole('group', { name: /^Lines of the log/ });
const line = (page: Page, seq: number) => log(page).getByText(`line number ${seq}.`, { exact: true });
const inView = (page: Page, seq: number) =>
  page.locator(`.log-line:has(a[href="#L${seq}"])`).evaluate((row) => {
    const { top, bottom } = row.getBoundingClientRect();
    const view = row.closest('.log')?.getBoundingClientRect();
    return view !== undefined && top >= view.top && bottom <= view.bottom;
  });

describe.skipIf(chromiumPath === undefined)('a finished log', () => {
  test('of 200,000 lines shows a linked line with few requests, and without a live connection', async () => {
    const world = finished(longLog(200_000, STARTED));
    const { page, api } = await visit(`/runners`, { world });
    const asked = watchLogRequests(page);
    await page.goto(`${api.origin}/deployments/${id}#L123457`);
    await log(page).getByText('compiled src/module-123456/').waitFor();
    // The outline, the lines around, and perhaps the neighboring pages, which are loaded later.
    const { paths, bytes, sockets } = await asked.sofar();
    expect(paths.filter((path) => path === 'logs/outline')).toHaveLength(1);
    expect(paths.filter((path) => path === 'logs').length).toBeLessThanOrEqual(3);
    expect(paths.length).toBeLessThanOrEqual(4);
    expect(bytes).toBeLessThan(400_000);
    expect(sockets).toBe(0);
    await expect.poll(() => inView(page, 123_457)).toBe(true);
    expect(await page.locator('[data-target]').count()).toBe(1);
    expect(await page.locator('.log-line').count()).toBeLessThan(300);
  });

  test('scrolls both ways from a linked line, and to its ends by keyboard', async () => {
    const { page } = await visit(`/deployments/${id}#L5000`, { world: finished(linesOf(10_000)) });
    await line(page, 5000).waitFor();
    await log(page).hover();
    await page.mouse.wheel(0, -4000);
    await line(page, 4800).waitFor();
    await page.mouse.wheel(0, 12_000);
    await line(page, 5400).waitFor();
    await log(page).focus();
    await page.keyboard.press('Control+Home');
    await line(page, 1).waitFor();
    await page.keyboard.press('End');
    await line(page, 10_000).waitFor();
  });

  test('opens at its end if the deployment failed, and at its start if it succeeded', async () => {
    const failed = await visit(`/deployments/${id}`, { world: finished(linesOf(3000), 'failed') });
    await line(failed.page, 3000).waitFor();
    await expect.poll(() => inView(failed.page, 3000)).toBe(true);
    const succeeded = await visit(`/deployments/${id}`, { world: finished(linesOf(3000)) });
    await line(succeeded.page, 1).waitFor();
    expect(await inView(succeeded.page, 1)).toBe(true);
  });

  describe('of a failed build', () => {
    const ERRORS = [120, 2600, 2601, 4700];
    const texts = (seq: number) =>
      ERRORS.includes(seq)
        ? `src/file-${seq}.ts(3,7): error TS2322: Type mismatch.`
        : seq === 2599
          ? 'src/old.c:3:1: warning: unused variable'
          : `line number ${seq}.`;
    const error = (page: Page, seq: number) => log(page).getByText(`src/file-${seq}.ts(3,7): error TS2322`);
    const located = (lines = linesOf(5000, texts)) =>
      finished(lines, 'failed', {
        code: 'build_failed',
        message: 'The build command (tsc) ended with exit code 2: error TS2322: Type mismatch.',
        phase: 'building',
        hint: 'Fix it.',
        location: { path: 'src/file-2600.ts', line: 3, column: 7, seq: 2600 },
      });

    test('opens at the error, in the phase that failed, and tones errors and warnings', async () => {
      const { page, api } = await visit(`/deployments/${id}`, { world: located() });
      await error(page, 2600).waitFor();
      await expect.poll(() => inView(page, 2600)).toBe(true);
      const toned = (tone: string) =>
        page
          .locator(`.log-line[data-tone="${tone}"] .log-number`)
          .evaluateAll((links) => links.map((link) => Number(link.textContent)));
      expect(await toned('output-error')).toEqual([2600, 2601]);
      expect(await toned('output-warning')).toEqual([2599]);
      // The URL names a line only if somebody has picked one.
      expect(page.url()).toBe(`${api.origin}/deployments/${id}`);
      await log(page).focus();
      await page.keyboard.press('Control+Home');
      await log(page)
        .getByRole('button', { name: /Prepare/ })
        .waitFor();
      expect(
        await log(page)
          .getByRole('button', { name: /failed/ })
          .count(),
      ).toBe(0);
    });

    test('opens at the error on a phone, too', async () => {
      const { page } = await visit(`/deployments/${id}`, { world: located(), width: 390 });
      await error(page, 2600).waitFor();
      await expect.poll(() => inView(page, 2600)).toBe(true);
    });

    test('names the place in its headline, and leads to the line', async () => {
      const { page, api } = await visit(`/deployments/${id}`, { world: located() });
      const panel = page.getByRole('region', { name: /ended with exit code 2/ });
      await panel.getByText('src/file-2600.ts:3:7').waitFor();
      await error(page, 2600).waitFor();
      await log(page).focus();
      // Twice: the URL names the line already then.
      for (let click = 1; click <= 2; click += 1) {
        await page.keyboard.press('Control+Home');
        await line(page, 1).waitFor();
        await panel.getByRole('link', { name: 'Show in log' }).click();
        await expect.poll(() => inView(page, 2600)).toBe(true);
      }
      expect(page.url()).toBe(`${api.origin}/deployments/${id}#L2600`);
    });

    test('goes from error to error by button and by key, and around', async () => {
      const { page, api } = await visit(`/deployments/${id}`, { world: located() });
      await error(page, 2600).waitFor();
      await page.getByRole('button', { name: 'Next error' }).click();
      await expect.poll(() => page.url()).toBe(`${api.origin}/deployments/${id}#L2601`);
      await page.getByText('3 of 4').waitFor();
      await log(page).focus();
      for (const seq of [4700, 120, 2600]) {
        await page.keyboard.press('e');
        await expect.poll(() => page.url()).toBe(`${api.origin}/deployments/${id}#L${seq}`);
        await expect.poll(() => inView(page, seq)).toBe(true);
      }
      await page.keyboard.press('Shift+E');
      await expect.poll(() => page.url()).toBe(`${api.origin}/deployments/${id}#L120`);
    });

    test('goes to the line of its URL, even if the error is another one', async () => {
      const { page } = await visit(`/deployments/${id}#L4000`, { world: located() });
      await line(page, 4000).waitFor();
      await expect.poll(() => inView(page, 4000)).toBe(true);
      await page.locator('body').click({ position: { x: 5, y: 5 } });
      await page.keyboard.press('e');
      await error(page, 4700).waitFor();
    });

    test('shows the code at the error as the tool has printed it', async () => {
      const frame = [
        '',
        "\u001b[7m3\u001b[0m const a: number = 'x';",
        '\u001b[7m \u001b[0m \u001b[91m      ~\u001b[0m',
      ];
      const lines = linesOf(5000, (seq) => frame[seq - 2601] ?? texts(seq));
      const { page } = await visit(`/deployments/${id}`, { world: located(lines) });
      const code = page.getByRole('group', { name: 'Code at the error' });
      await code.waitFor();
      expect((await code.innerText()).split('\n').map((text) => text.trimEnd())).toEqual([
        "3 const a: number = 'x';",
        '        ~',
      ]);
    });

    test('without errors in its log says so', async () => {
      const { page } = await visit(`/deployments/${id}`, { world: finished(linesOf(300), 'failed') });
      await line(page, 300).waitFor();
      await page.getByRole('button', { name: 'Next error' }).click();
      await page.getByText('No errors').waitFor();
      expect(await page.getByRole('button', { name: 'Next error' }).isDisabled()).toBe(true);
    });
  });

  test('is searched from start to end, by keyboard', async () => {
    const words = (seq: number) =>
      seq === 57 || seq === 59_321 ? `line number ${seq}. NEEDLE` : `line number ${seq}.`;
    const { page, api } = await visit(`/deployments/${id}`, { world: finished(linesOf(60_000, words)) });
    await line(page, 1).waitFor();
    await log(page).focus();
    await page.keyboard.press('/');
    await page.keyboard.type('needle');
    // Immediately, before the search can have found anything: it goes to the match when it is found.
    await page.keyboard.press('Enter');
    await log(page).getByText('line number 57. NEEDLE').waitFor();
    await page.getByText('1 of 2 lines match').waitFor();
    await page.keyboard.press('Enter');
    await log(page).getByText('line number 59321. NEEDLE').waitFor();
    await expect.poll(() => inView(page, 59_321)).toBe(true);
    expect(page.url()).toBe(`${api.origin}/deployments/${id}#L59321`);
    await page.keyboard.press('Escape');
    expect(await log(page).evaluate((element) => element === document.activeElement)).toBe(true);
  });

  test('keeps a linked line in view on a phone, where wrapped lines are taller than estimated', async () => {
    const long = (seq: number) => `${'word '.repeat(seq % 60)}line number ${seq}.`;
    const { page } = await visit(`/deployments/${id}#L4321`, {
      world: finished(linesOf(9000, long)),
      width: 390,
    });
    await log(page).getByText('line number 4321.').waitFor();
    await expect.poll(() => inView(page, 4321)).toBe(true);
  });

  test('has sections that close and open, and opens the section of a line', async () => {
    const { page } = await visit(`/deployments/${id}`, { world: finished(linesOf(1000)) });
    await line(page, 1).waitFor();
    const head = log(page)
      .getByRole('button', { name: /500 lines/ })
      .first();
    await head.click();
    await line(page, 1).waitFor({ state: 'detached' });
    await line(page, 501).waitFor();
    await log(page).focus();
    await page.keyboard.press('/');
    await page.keyboard.type('number 123.');
    await page.getByText('0 of 1').waitFor();
    await page.keyboard.press('Enter');
    await line(page, 123).waitFor();
    await log(page).focus();
    await page.keyboard.press('Control+Home');
    await line(page, 1).waitFor();
    expect(await head.getAttribute('aria-expanded')).toBe('true');
  });

  test('is copied in full', async () => {
    const { page, api } = await visit(`/deployments/${id}`, { world: finished(linesOf(2500)) });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: api.origin });
    await page.getByRole('button', { name: 'Copy log' }).click();
    await page.getByText('Copied').waitFor({ state: 'attached' });
    const text = await page.evaluate(() => navigator.clipboard.readText());
    expect(text.split('\n')).toHaveLength(2501);
    expect(text.startsWith('line number 1.\nline number 2.\n')).toBe(true);
  });

  test('continues automatically when the server can be reached again, and shows an error until then', async () => {
    const world = finished(linesOf(3000));
    world.refusals.set(
      `GET /api/deployments/${id}/logs`,
      new AppFluxError('unavailable', 'Storage doesn’t respond'),
    );
    const { page } = await visit(`/deployments/${id}`, { world, settled: false });
    await page.getByText('Storage doesn’t respond').waitFor();
    world.refusals.clear();
    await line(page, 1).waitFor();
    await page.getByText('Storage doesn’t respond').waitFor({ state: 'detached' });
  });

  test('marks lines that are damaged in storage', async () => {
    const world = finished(linesOf(300));
    world.damagedLogs.add(id);
    const { page } = await visit(`/deployments/${id}`, { world });
    await log(page).getByText('This line is damaged in storage.').first().waitFor();
  });

  test('that is not archived yet is read live', async () => {
    const world = finished(linesOf(40));
    world.refusals.set(
      `GET /api/deployments/${id}/logs/outline`,
      new AppFluxError('log_not_archived', 'The log of this deployment isn’t archived yet'),
    );
    const { page } = await visit(`/deployments/${id}`, { world });
    await line(page, 40).waitFor();
  });

  test('that is empty has a message', async () => {
    const { page } = await visit(`/deployments/${id}`, { world: finished([]) });
    await page.getByText('This deployment has no log.').waitFor();
  });
});
