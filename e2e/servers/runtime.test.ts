/** What a server logs and how it answers, in a whole instance: from its own process to the client and the live log. */
import { createClient } from '@appflux/client';
import { isAppFluxError, type RuntimeLine } from '@appflux/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EdgeInstance, startInstance } from '../instance/edge.ts';
import { type SitePublisher, sitePublisher } from '../sites/publisher.ts';
import { visit } from './hostile.ts';

const SERVER = `
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/fails') throw new TypeError('no such thing');
    console.warn('seen', pathname, new Error('printed').message);
    return new Response('ok');
  },
};
`;

let edge: EdgeInstance;
let site: SitePublisher;
let quiet: SitePublisher;

beforeAll(async () => {
  edge = await startInstance();
  [site, quiet] = await Promise.all([sitePublisher(edge, 'loud'), sitePublisher(edge, 'quiet')]);
  await site.publishServer(SERVER);
  await quiet.publishServer(SERVER);
});
afterAll(() => edge?.stop());

test('a line reaches those who follow the log, and requests are counted', async () => {
  const { runtime } = createClient({ url: edge.url, token: edge.token });
  const lines: RuntimeLine[] = [];
  const stop = new AbortController();
  const following = runtime
    .follow(
      site.slug,
      { after: 0, level: 'warn' },
      { lines: (batch) => lines.push(...batch) },
      { signal: stop.signal },
    )
    .catch((error: unknown) => error);
  await visit(edge, site.slug, '/page?secret=1');
  await visit(edge, site.slug, '/fails');
  await expect
    .poll(() => lines.map(({ kind, text, request }) => [kind, text, request?.path]), { timeout: 30_000 })
    .toEqual(
      expect.arrayContaining([
        ['console', 'seen /page printed', '/page'],
        ['exception', 'TypeError: no such thing', '/fails'],
      ]),
    );
  stop.abort(new Error('stopped'));
  expect(await following).toMatchObject({ message: 'stopped' });

  const { items } = await runtime.logs(site.slug, { level: 'error' });
  expect(items.map(({ text }) => text)).toEqual(['TypeError: no such thing']);
  await expect
    .poll(async () => (await runtime.analytics(site.slug)).totals, { timeout: 30_000 })
    .toMatchObject({ requests: 2, errors: 1 });
  expect((await runtime.logs(quiet.slug)).items).toEqual([]);
  const refused = await runtime.logs('another').catch((error: unknown) => error);
  expect(isAppFluxError(refused, 'not_found')).toBe(true);
});
