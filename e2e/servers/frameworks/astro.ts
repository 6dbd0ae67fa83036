import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { heading } from '../click-through.ts';
import type { Framework } from './framework.ts';

/** Whether the only image of a page is there, and where it comes from. */
async function image(page: Page): Promise<{ path: string; isLoaded: boolean }> {
  const shown = page.getByRole('img', { name: 'A square' });
  await shown.scrollIntoViewIfNeeded();
  return shown.evaluate(async (element) => {
    const img = element as HTMLImageElement;
    await img.decode();
    return { path: new URL(img.src).pathname, isLoaded: img.naturalWidth > 0 };
  });
}

/** The minimal starter with `@astrojs/node`, as `astro add node` sets it up. */
export const astro: Framework = {
  fixture: 'servers/astro',
  kind: 'astro',
  variables: { GREETING: 'from the variables' },
  more: async ({ page, url, ask }, { log, deployment }) => {
    await page.goto(url);
    for (const id of ['#greeting', '#environment'])
      expect([id, await page.locator(id).innerText()]).toEqual([id, 'from the variables']);
    // A server island is fetched by the page after it was loaded.
    await page.locator('#visitor').waitFor();
    expect(await page.locator('#visitor').innerText()).toMatch(/^[\d.:a-f]+$/);
    await page.goto(`${url}posts/2`);
    await heading(page, 'Post 2');
    expect(await page.locator('#url').innerText()).toBe(`${url}posts/2`);
    expect(await image(page)).toEqual({ path: '/_image', isLoaded: true });
    expect((await ask('/posts/2')).headers).toMatchObject({ 'x-fixture': 'middleware' });
    // A page that the build made read a file of the project, and its image is optimized.
    await page.goto(`${url}about`);
    await heading(page, 'About');
    expect(await page.locator('#name').innerText()).toBe('astro-server-fixture');
    expect(await image(page)).toEqual({
      path: expect.stringMatching(/^\/_astro\/.+\.webp$/),
      isLoaded: true,
    });
    for (const path of ['/.appflux/server/entry.mjs', '/wrangler.json', '/entry.mjs', '/.assetsignore'])
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
    expect(log).toContain('Replaced the adapter @astrojs/node by @astrojs/cloudflare.');
    expect(deployment.plan?.framework).toBe('astro');
  },
};
