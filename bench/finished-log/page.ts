/** How soon the dashboard shows a linked line, and what it requests until then. */
import type { Browser } from 'playwright-core';
import { watchLogRequests } from '../../dashboard/src/testing/log-requests.ts';
import { signInLink } from '../../e2e/browser/sign-in-link.ts';
import type { EdgeInstance } from '../../e2e/instance/edge.ts';
import { textOf } from './write.ts';

export interface Shown {
  readonly milliseconds: number;
  /** Requests about the log that were made until then, and the bytes of their answers. */
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
    const asked = watchLogRequests(page);
    const startedAt = performance.now();
    await page.goto(`${edge.url}/deployments/${id}#L${line}`, { waitUntil: 'commit' });
    await page.getByText(textOf(line), { exact: true }).waitFor();
    const milliseconds = performance.now() - startedAt;
    const { paths, bytes, sockets } = await asked.sofar();
    await page.close();
    return { milliseconds, requests: paths.length, bytes, sockets };
  };
}
