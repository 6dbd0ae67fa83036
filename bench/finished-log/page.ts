/** How soon the dashboard shows a linked line, and what it asks for until then. */
import type { Browser } from 'playwright-core';
import { signInLink } from '../../e2e/browser/sign-in-link.ts';
import type { EdgeInstance } from '../../e2e/instance/edge.ts';
import { textOf } from './write.ts';

export interface Shown {
  readonly milliseconds: number;
  /** Requests about the log that were answered until then, and the bytes of their answers. */
  readonly requests: number;
  readonly bytes: number;
  readonly sockets: number;
}

/** Opens pages of the dashboard as one person, who is signed in once. */
export async function linkedLines(
  browser: Browser,
  edge: EdgeInstance,
): Promise<(id: string, line: number) => Promise<Shown>> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const entry = await context.newPage();
  await entry.goto(await signInLink(edge));
  await entry.getByRole('button', { name: 'Account', exact: true }).waitFor();
  return async (id, line) => {
    const page = await context.newPage();
    const counts = { requests: 0, bytes: 0, sockets: 0 };
    page.on('websocket', () => {
      counts.sockets += 1;
    });
    page.on('response', async (response) => {
      if (!new URL(response.url()).pathname.includes('/logs')) return;
      counts.requests += 1;
      try {
        counts.bytes += (await response.body()).length;
      } catch {
        // The page was closed while lines next to those in view were on their way: they are not counted.
      }
    });
    const startedAt = performance.now();
    await page.goto(`${edge.url}/deployments/${id}#L${line}`, { waitUntil: 'commit' });
    await page.getByText(textOf(line), { exact: true }).waitFor();
    const shown = { milliseconds: performance.now() - startedAt, ...counts };
    await page.close();
    return shown;
  };
}
