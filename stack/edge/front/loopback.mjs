/**
 * What Miniflare's own scripts report to the process that Miniflare runs in: lines of a log, and errors that they didn't
 * expect. Here they go to workerd's log.
 */

/** The levels of a line, as Miniflare numbers them. Queues report each batch at a level above. */
const ERROR = 1;
const WARNING = 2;

export const loopback = {
  /** @param {Request} request */
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/core/log') {
      const level = Number(request.headers.get('MF-Log-Level'));
      if (level === ERROR) console.error(await request.text());
      else if (level === WARNING) console.warn(await request.text());
      return new Response(null, { status: 204 });
    }
    if (pathname === '/core/error') {
      const { name, message, stack } = /** @type {Error} */ (await request.json());
      console.error(stack ?? `${name}: ${message}`);
      return new Response(message, { status: 500 });
    }
    console.error(`Miniflare asked for ${pathname}, which an instance does not have`);
    return new Response(null, { status: 404 });
  },
};
