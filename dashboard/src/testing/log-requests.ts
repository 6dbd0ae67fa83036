import type { Page, Request } from 'playwright-core';

/** Records a page's requests for logs, and the WebSockets that it opens. */
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
    /** The requests so far, with the size of their responses, which it awaits. */
    async sofar(): Promise<{ paths: string[]; bytes: number; sockets: number }> {
      const made = [...requests];
      const bodies = await Promise.all(made.map(async (request) => (await request.response())?.body()));
      const bytes = bodies.reduce((sum, body) => sum + (body?.length ?? 0), 0);
      return { paths: made.map((request) => pathOf(request).replace(/^.*\/logs/, 'logs')), bytes, sockets };
    },
  };
}

const pathOf = (request: Request) => new URL(request.url()).pathname;
