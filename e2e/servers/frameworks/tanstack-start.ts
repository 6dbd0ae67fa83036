import { expect } from 'vitest';
import { heading } from '../click-through.ts';
import type { Framework } from './framework.ts';

/** The generator's blank starter. */
export const tanStackStart: Framework = {
  fixture: 'servers/tanstack-start',
  kind: 'tanstack-start',
  variables: { GREETING: 'from the variables' },
  more: async ({ page, url, ask }, { log, deployment }) => {
    await page.goto(url);
    expect(await page.locator('#greeting').innerText()).toBe('from the variables');
    await page.locator('#late').filter({ hasText: 'arrived late' }).waitFor();
    await page.goto(`${url}posts/2`);
    await heading(page, 'Post 2');
    expect(await page.locator('#host').innerText()).toBe(new URL(url).host);
    expect((await ask('/posts/many')).status).toBe(404);
    for (const path of ['/.appflux/server/appflux-server.js', '/server.js', '/appflux-server.js'])
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
    expect(log).toMatch(/Packed the server: 1 module, \d+ files beside it\./);
    expect(deployment.plan?.framework).toBe('tanstack-start');
  },
};
