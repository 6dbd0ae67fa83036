import { expect } from 'vitest';
import { heading, type ServedPage } from '../click-through.ts';
import type { BuiltServer } from '../instance.ts';
import type { Framework } from './framework.ts';

const variables = { GREETING: 'from the variables' };

/** What the server knows of the request and of the app, on a page with a parameter. */
async function expectSurroundings({ page, url }: ServedPage, greeting: string): Promise<void> {
  await page.goto(`${url}posts/2`);
  await heading(page, 'Post 2');
  expect(await page.locator('#host').innerText()).toBe(new URL(url).host);
  expect(await page.locator('#scheme').innerText()).toBe(new URL(url).protocol.replace(':', ''));
  expect(await page.locator('#greeting').innerText()).toBe(greeting);
}

function expectPacked({ log, deployment }: BuiltServer, framework: string): void {
  expect(deployment.plan?.framework).toBe(framework);
  expect(log).toMatch(/Packed the server: \d+ modules?, \d+ files? beside it\./);
  expect(log).not.toMatch(/^Warning/m);
}

/** The program of Express's generator, in CommonJS: cookies, forms, files that it reads, a stream, an error. */
export const express: Framework = {
  fixture: 'servers/express',
  kind: 'node',
  variables,
  more: async (site, built) => {
    await expectSurroundings(site, variables.GREETING);
    const { ask } = site;
    const served = await ask('/javascripts/count.js');
    const read = await ask('/copies/javascripts/count.js');
    expect(read).toMatchObject({ status: 200, text: served.text });
    // The files of a Worker have no times by which a changed one differs from its predecessor.
    expect(read.headers).not.toHaveProperty('last-modified');
    expect((await ask('/api/stream')).text).toBe('part 1\npart 2\n');
    const failed = await ask('/api/boom');
    expect([failed.status, failed.text]).toEqual([500, expect.not.stringContaining('routes/api.js')]);
    for (const path of ['/.appflux/server/at-load.js', '/app.js', '/bin/www', '/package.json'])
      expect([path, (await ask(path)).status]).toEqual([path, 404]);
    await ask('/api/later');
    await expect.poll(built.runtimeLog, { timeout: 30_000 }).toContain('logged after the answer');
    expectPacked(built, 'express');
    expect(built.log).toContain('This is an Express server: the script start runs bin/www.');
  },
};

/** Makes code for its schemas while it is loaded, which a Worker allows only then. */
export const fastify: Framework = {
  fixture: 'servers/fastify',
  kind: 'node',
  variables,
  more: async (site, built) => {
    await expectSurroundings(site, variables.GREETING);
    const posted = await site.ask('/api/echo', { method: 'POST', json: { a: 1 } });
    expect(JSON.parse(posted.text)).toEqual({ method: 'POST', body: { a: 1 } });
    expectPacked(built, 'fastify');
  },
};

/** Starts asynchronously, and injects what decorators name. */
export const nest: Framework = {
  fixture: 'servers/nest',
  kind: 'node',
  variables,
  more: async (site, built) => {
    await expectSurroundings(site, variables.GREETING);
    expectPacked(built, 'nestjs');
    expect(built.log).toContain('the script start:prod runs dist/main.js');
  },
};

/** A Worker by its wrangler configuration, with a namespace for its notes. */
export const hono: Framework = {
  fixture: 'servers/hono',
  kind: 'worker',
  more: async (site, built) => {
    await expectSurroundings(site, 'from wrangler.jsonc');
    expect((await site.ask('/api/stream')).text).toBe('part 1\npart 2\n');
    expectPacked(built, 'hono');
  },
};
