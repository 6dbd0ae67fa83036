import { expect } from 'vitest';
import { pause } from '../../instance/client.ts';
import { heading, type ServedPage } from '../click-through.ts';
import type { Framework } from './framework.ts';

/** The generator's starter, with both routers. */
export const next: Framework = {
  fixture: 'servers/next',
  kind: 'next',
  variables: { GREETING: 'from the variables' },
  more: async (site, { log, deployment }) => {
    await expectRequests(site);
    await expectPagesRouter(site);
    await expectRevalidation(site);
    await expectImages(site);
    await expectGuardedFile(site);
    expect(JSON.parse((await site.ask('/visits', { method: 'POST' })).text)).toEqual({ visits: 1 });
    expect(JSON.parse((await site.ask('/visits', { method: 'POST' })).text)).toEqual({ visits: 2 });
    expect(log).not.toMatch(/^Warning/m);
    expect(deployment.plan?.framework).toBe('next');
  },
};

/** What a server component, a route handler, the middleware and next.config see and do. */
async function expectRequests({ page, url, ask }: ServedPage): Promise<void> {
  await page.goto(`${url}posts/2`);
  await heading(page, 'Post 2');
  expect(await page.locator('#host').innerText()).toBe(new URL(url).host);
  expect(await page.locator('#greeting').innerText()).toBe('from the variables');
  expect(await page.locator('#seen').innerText()).toBe('middleware');
  await page.goto(`${url}old`);
  await heading(page, 'Post 1');
  expect(new URL(page.url()).pathname).toBe('/posts/1');
  await page.goto(`${url}rewritten`);
  await heading(page, 'Post 2');
  expect((await ask('/posts/3')).headers).toMatchObject({
    'x-middleware-ran': 'yes',
    'x-next-config': 'yes',
  });
  expect((await ask('/api/stream')).text).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n');
  expect(JSON.parse((await ask('/api/env')).text)).toEqual({
    greeting: 'from the variables',
    file: 'dotenv',
    public: 'routers',
  });
}

async function expectPagesRouter({ page, url, ask }: ServedPage): Promise<void> {
  await page.goto(`${url}classic?name=Ada`);
  await heading(page, 'Pages router');
  expect(await page.locator('#name').innerText()).toBe('Ada');
  await page.getByRole('link', { name: 'First', exact: true }).click();
  await heading(page, 'Static first');
  await page.goto(`${url}classic/rendered-when-asked-for`);
  await heading(page, 'Static rendered-when-asked-for');
  expect(JSON.parse((await ask('/api/hello?name=Ada')).text)).toMatchObject({ hello: 'Ada', method: 'GET' });
}

/** Pages that the build has rendered are rendered again: after their time, and when their tag or path is revalidated. */
async function expectRevalidation({ ask }: ServedPage): Promise<void> {
  const timeOf = async (path: string) => /<time>([^<]+)/.exec((await ask(path)).text)?.[1];
  const changes = async (path: string, before: string | undefined) => {
    expect(before).toBeDefined();
    while ((await timeOf(path)) === before) await pause(200);
  };
  for (const path of ['/timed', '/classic/first']) await changes(path, await timeOf(path));
  for (const what of [{ tag: 'stamp' }, { path: '/tagged' }]) {
    const before = await timeOf('/tagged');
    expect(await timeOf('/tagged')).toBe(before);
    await ask('/api/revalidate', { method: 'POST', json: what });
    await changes('/tagged', before);
  }
}

async function expectImages({ page, url, ask }: ServedPage): Promise<void> {
  await page.goto(url);
  const dot = page.getByRole('img', { name: 'A dot' });
  await dot.scrollIntoViewIfNeeded();
  const widthOf = () => dot.evaluate((image) => (image as HTMLImageElement).naturalWidth);
  while ((await widthOf()) === 0) await pause(50);
  expect(await widthOf()).toBe(16);
  const image = await ask('/_next/image?url=%2Fdot.png&w=32&q=75');
  expect(image).toMatchObject({ status: 200, headers: { 'content-type': 'image/png' } });
  const fonts = await page.evaluate(() => [...document.fonts].map(({ family }) => family));
  expect(fonts).toContain('GeistSans');
}

/** A file of `public` that the middleware's matcher covers. */
async function expectGuardedFile({ page, url, ask }: ServedPage): Promise<void> {
  expect((await ask('/members/report.txt')).text).toContain('Sign in');
  await page.context().addCookies([{ name: 'user', value: 'Ada', url }]);
  expect((await ask('/members/report.txt')).text.trim()).toBe('Only for those who have signed in.');
}
