import { expect } from 'vitest';
import { pause } from '../../instance/client.ts';
import { heading } from '../click-through.ts';
import type { Framework } from './framework.ts';

/** The minimal starter, whose configuration names another preset. */
export const nuxt: Framework = {
  fixture: 'servers/nuxt',
  kind: 'nitro',
  variables: { NUXT_GREETING: 'from the variables' },
  more: async ({ page, url, ask }, { deployment }) => {
    await page.goto(`${url}posts/2`);
    await heading(page, 'Post 2');
    expect(await page.locator('#host').innerText()).toBe(new URL(url).host);
    expect(await page.locator('#greeting').innerText()).toBe('from the variables');
    await page.goto(`${url}old`);
    await heading(page, 'Post 1');
    await page.goto(`${url}built`);
    await heading(page, 'Built');
    await page.goto(`${url}account`);
    await heading(page, 'Sign in');
    expect((await ask('/api/stream')).text).toBe('data: 1\n\ndata: 2\n\ndata: 3\n\n');
    expect(await echoOf(page, 'hello')).toBe('echo hello');
    expect(JSON.parse((await ask('/visits', { method: 'POST' })).text)).toEqual({ visits: 1 });
    expect(JSON.parse((await ask('/visits', { method: 'POST' })).text)).toEqual({ visits: 2 });
    // A route with `swr` is the same for its time, and then rendered again.
    const timeOf = async () => /<time>([^<]+)/.exec((await ask('/timed')).text)?.[1];
    const before = await timeOf();
    expect(before).toBeDefined();
    while ((await timeOf()) === before) await pause(200);
    expect(deployment.plan?.framework).toBe('nuxt');
  },
};

/** What a WebSocket of the site answers. */
const echoOf = (page: Parameters<typeof heading>[0], text: string): Promise<string> =>
  page.evaluate(
    (message) =>
      new Promise<string>((resolve, reject) => {
        const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/socket`);
        socket.onopen = () => socket.send(message);
        socket.onerror = () => reject(new Error('the socket failed'));
        socket.onmessage = ({ data }) => {
          socket.close();
          resolve(String(data));
        };
      }),
    text,
  );
