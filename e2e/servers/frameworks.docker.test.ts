/**
 * Real projects with servers, from a ZIP to a site that is used in Chromium. Control plane, server host, runner, engine,
 * registry and browser are real. One instance serves all frameworks; each has a file in frameworks/.
 */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { launchBrowser } from '../browser/launch.ts';
import { ensureImages } from '../kinds/container.ts';
import { clickThrough } from './click-through.ts';
import { astro } from './frameworks/astro.ts';
import type { Framework } from './frameworks/framework.ts';
import { next } from './frameworks/next.ts';
import { express, fastify, hono, nest } from './frameworks/node.ts';
import { nuxt } from './frameworks/nuxt.ts';
import { reactRouter } from './frameworks/react-router.ts';
import { sveltekit } from './frameworks/sveltekit.ts';
import { tanStackStart } from './frameworks/tanstack-start.ts';
import { type ServersInstance, startServersInstance } from './instance.ts';

const FRAMEWORKS: readonly Framework[] = [
  sveltekit,
  next,
  nuxt,
  astro,
  reactRouter,
  tanStackStart,
  express,
  fastify,
  hono,
  nest,
];

/** Simultaneous builds. A test that began earlier would wait for its turn, and its timeout would run. */
const SLOTS = 2;
vi.setConfig({ maxConcurrency: SLOTS });

let instance: ServersInstance;
let browser: Browser;

beforeAll(async () => {
  await ensureImages('web');
  instance = await startServersInstance({ slots: SLOTS });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await instance?.stop();
});

describe('a project becomes a site with a server', () => {
  it.concurrent.each(FRAMEWORKS)('$fixture', async ({ fixture, kind, variables, more }) => {
    const built = await instance.build(fixture, variables);
    expect(built.deployment.plan?.server?.kind).toBe(kind);
    await clickThrough(browser, built.url, more && ((site) => more(site, built)));
  });
});
