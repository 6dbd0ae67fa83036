import { rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from './launch.ts';
import { onPage, watchedPage } from './watched-page.ts';

let browser: Awaited<ReturnType<typeof launchBrowser>>;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

it('a failing test reports a screenshot of the page and its complaints', async () => {
  const watched = await watchedPage(browser);
  const failing = onPage(watched, async () => {
    await watched.page.setContent('<script>console.error("no style"); setTimeout(() => nothing())</script>');
    await expect.poll(() => watched.complaints.length).toBe(2);
    throw new Error('the button is missing');
  });
  const error: unknown = await failing.catch((reason: unknown) => reason);
  const message = error instanceof Error ? error.message : '';
  expect(message).toContain('the button is missing');
  expect(message).toContain('console: no style');
  expect(message).toMatch(/exception: .*nothing/);
  const picture = /screenshot: (.*\.png)/.exec(message)?.[1] ?? '';
  expect((await stat(picture)).size).toBeGreaterThan(0);
  await rm(dirname(picture), { recursive: true });
});
