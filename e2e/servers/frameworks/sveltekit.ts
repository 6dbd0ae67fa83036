import { expect } from 'vitest';
import { heading } from '../click-through.ts';
import type { Framework } from './framework.ts';

/** The generator's starter, with adapter-auto. */
export const sveltekit: Framework = {
  fixture: 'servers/sveltekit',
  kind: 'sveltekit',
  variables: { GREETING: 'from the variables' },
  more: async ({ page, url, ask }, { log, deployment }) => {
    await page.goto(`${url}posts/2`);
    await heading(page, 'Post 2');
    expect(await page.locator('#host').innerText()).toBe(new URL(url).host);
    expect(await page.locator('#greeting').innerText()).toBe('from the variables');
    // A prerendered page is a file, under either spelling.
    const prerendered = await ask('/prerendered');
    expect(prerendered.text).toContain('Prerendered');
    expect((await ask('/api/stream')).text).toBe('part 1\npart 2\n');
    expect((await ask('/robots.txt')).status).toBe(200);
    // Neither modules nor source maps are for visitors.
    for (const path of ['/.appflux/server/server.js', '/_worker.js', '/server.js', '/server.js.map'])
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
    expect(log).toMatch(/Packed the server: 1 module, \d+ files beside it\./);
    expect(log).not.toMatch(/^Warning/m);
    // Nothing is asked of Cloudflare while it builds.
    expect(log).not.toContain('workers.cloudflare.com');
    expect(deployment.plan?.framework).toBe('svelte-kit');
  },
};
