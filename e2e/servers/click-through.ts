/**
 * What every framework's fixture has, and a person does with it in a browser: `/` with a button that counts, `/posts/1`,
 * `/notes` with a form whose entries are kept, `/login` and `/account` with a cookie, `/api/echo`, and a page of the
 * framework's own for paths that are not there. Links in `nav` lead to them.
 */
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { onPage, watchedPage } from '../browser/watched-page.ts';
import { pause } from '../instance/client.ts';
import { problems, visit } from '../web/open-site.ts';

/** An answer to a request of a page's own script. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ServedPage {
  readonly page: Page;
  /** The site's address, with a slash at the end. */
  readonly url: string;
  /** What a script on the page gets from a path of the site. */
  ask(path: string, options?: { method?: string; json?: unknown }): Promise<Answer>;
}

/**
 * Uses a site as a person does, then runs the framework's own checks on the page. Fails if the page has complained: an
 * exception, an error in its console, a request that failed.
 */
export async function clickThrough(
  browser: Browser,
  url: string,
  more: (site: ServedPage) => Promise<void> = async () => undefined,
): Promise<void> {
  const watched = await watchedPage(browser);
  const { page } = watched;
  const asked = new Set<string>();
  const site: ServedPage = {
    page,
    url,
    ask: (path, options = {}) => {
      asked.add(new URL(path, url).href);
      return ask(page, path, options);
    },
  };
  try {
    await onPage(watched, async () => {
      await page.goto(url);
      await expectCounting(page);
      await expectPost(page);
      await expectNotes(page);
      await expectSession(page);
      await expectApi(site);
      await more(site);
      // Chromium complains about answers that a test has asked for, too.
      const isAsked = (complaint: string) => asked.has(/status of .*\((\S+)\)$/.exec(complaint)?.[1] ?? '');
      expect(problems(watched).filter((complaint) => !isAsked(complaint))).toEqual([]);
      expect(await visit(watched, `${url}no/such/page`)).toEqual({
        status: 404,
        heading: 'No such page here',
      });
    });
  } finally {
    await page.context().close();
  }
}

export const heading = (page: Page, name: string): Promise<void> =>
  page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

const follow = (page: Page, name: string) =>
  page.getByRole('navigation').getByRole('link', { name, exact: true }).click();

/** The page's script runs. */
async function expectCounting(page: Page): Promise<void> {
  await heading(page, 'Home');
  const counted = page.getByRole('button', { name: /^Clicked [1-9]/ });
  // A page that was rendered before its script has run ignores a click that comes early.
  while (!(await counted.isVisible())) {
    await page.getByRole('button', { name: /^Clicked/ }).click();
    await pause(50);
  }
}

/** A page with a parameter opens by a click, and by its own address. */
async function expectPost(page: Page): Promise<void> {
  await follow(page, 'Post');
  await heading(page, 'Post 1');
  expect(new URL(page.url()).pathname.replace(/\/$/, '')).toBe('/posts/1');
  await page.reload();
  await heading(page, 'Post 1');
}

/** What a form sends is stored, and there for the next visitor. */
async function expectNotes(page: Page): Promise<void> {
  await follow(page, 'Notes');
  await heading(page, 'Notes');
  for (const note of ['Buy milk', 'Ünïcode & <tags>']) {
    await page.getByLabel('Note').fill(note);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('listitem').filter({ hasText: note }).waitFor();
  }
  await page.reload();
  await page.getByRole('listitem').filter({ hasText: 'Buy milk' }).waitFor();
  expect(await page.getByRole('listitem').allInnerTexts()).toEqual(['Buy milk', 'Ünïcode & <tags>']);
}

/** A cookie signs in, lasts, and is removed again. */
async function expectSession(page: Page): Promise<void> {
  await follow(page, 'Sign in');
  await heading(page, 'Sign in');
  await page.getByLabel('Name').fill('Ada');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await heading(page, 'Hello, Ada');
  await page.reload();
  await heading(page, 'Hello, Ada');
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await heading(page, 'Sign in');
}

async function expectApi({ ask, url }: ServedPage): Promise<void> {
  const got = await ask('/api/echo?x=1&y=%C3%BC');
  expect(JSON.parse(got.text)).toEqual({
    method: 'GET',
    query: { x: '1', y: 'ü' },
    url: expect.stringContaining(`${url}api/echo?x=1`),
  });
  const posted = await ask('/api/echo', { method: 'POST', json: { hello: 'world' } });
  expect({ ...posted, text: JSON.parse(posted.text) }).toMatchObject({
    status: 201,
    text: { method: 'POST', body: { hello: 'world' } },
  });
  expect(Object.keys(got.headers).filter((name) => name.startsWith('x-appflux'))).toEqual([]);
}

function ask(page: Page, path: string, options: { method?: string; json?: unknown }): Promise<Answer> {
  return page.evaluate(
    async ([path, method, body]) => {
      const headers = body === null ? {} : { 'content-type': 'application/json' };
      const response = await fetch(path, { method, headers, ...(body !== null && { body }) });
      return {
        status: response.status,
        text: await response.text(),
        headers: Object.fromEntries(response.headers),
      };
    },
    [
      path,
      options.method ?? 'GET',
      options.json === undefined ? null : JSON.stringify(options.json),
    ] as const,
  );
}
