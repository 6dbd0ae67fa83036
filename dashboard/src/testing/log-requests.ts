import type { Page, Request } from 'playwright-core';

/** Requests that a page makes for a log, and the WebSockets that it opens, from now on. */
export function watchLogRequests(page: Page) {
  const requests: Request[] = [];
  let sockets = 0;
  page.on('request', (request) => {
    if (pathOf(request).includes('/logs')) requests.push(request);
  });
  page.on('websocket', () => {
    sockets += 1;
  });
  return {
    /** Those up to now, with the bytes of their answers, which are waited for. */
    async sofar(): Promise<{ paths: string[]; bytes: number; sockets: number }> {
      const made = [...requests];
      const bodies = await Promise.all(made.map(async (request) => (await request.response())?.body()));
      const bytes = bodies.reduce((sum, body) => sum + (body?.length ?? 0), 0);
      return { paths: made.map((request) => pathOf(request).replace(/^.*\/logs/, 'logs')), bytes, sockets };
    },
  };
}

const pathOf = (request: Request) => new URL(request.url()).pathname;
