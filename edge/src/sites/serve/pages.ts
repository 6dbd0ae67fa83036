/** Pages of the instance itself, where a site has nothing to answer with. */
import { html } from 'hono/html';
import { frame, type Markup, pageHeaders } from '../../publish/frame.ts';

/** What a page says. `status` is the response's. */
export interface Message {
  status: 403 | 404 | 405 | 410 | 413 | 500 | 502 | 503 | 504 | 508;
  title: string;
  text: Markup | string;
}

export const SITE_UNKNOWN: Message = {
  status: 404,
  title: 'Site not found',
  text: 'There is no site at this address. Check the spelling, or ask the person who sent you the link.',
};

export const NOT_RELEASED: Message = {
  status: 404,
  title: 'No release yet',
  text: 'The first successful production deployment appears here, at this address.',
};

/** An app that delivers files and no pages. `page` is its download page. */
export const noSite = (page: string): Message => ({
  status: 404,
  title: 'This app has no site',
  text: html`Its build has no <code>index.html</code> at the top of its output. <a href="${page}">Go to its downloads</a>.`,
});

/** A deployment that retention removed. `current` is the App's own address, if there is one. */
export const removed = (current: string | null): Message => ({
  status: 410,
  title: 'This version was removed',
  text: html`The files of this deployment are no longer stored.${current === null ? '' : html` <a href="${current}">Open the current version</a>.`}`,
});

export const PAGE_MISSING: Message = {
  status: 404,
  title: 'Page not found',
  text: html`This site has no page at this address. <a href="/">Go to its home page</a>.`,
};

/** A rule of the site answers with this status, and has no page for it. */
export const PAGE_GONE: Message = { ...PAGE_MISSING, status: 410, title: 'Page removed' };

export const METHOD_NOT_ALLOWED: Message = {
  status: 405,
  title: 'Method not allowed',
  text: 'This site only answers GET and HEAD requests.',
};

export const HOST_NOT_ALLOWED: Message = {
  status: 403,
  title: 'Forwarding not allowed',
  text: 'This address forwards to another server, which the app’s settings don’t allow.',
};

export const BODY_TOO_LARGE: Message = {
  status: 413,
  title: 'Request too large',
  text: 'This address takes requests of 100 MB at most.',
};

export const FORWARDING_FAILED: Message = {
  status: 502,
  title: 'The server behind this address doesn’t respond',
  text: 'This site forwards this address to another server. Try again later.',
};

export const FORWARDING_LOOP: Message = {
  status: 508,
  title: 'This address forwards to itself',
  text: 'The rewrites of this site lead in a circle.',
};

export const UNAVAILABLE: Message = {
  status: 503,
  title: 'This site is temporarily unavailable',
  text: 'Try again in a few seconds.',
};

export const DAMAGED: Message = {
  status: 500,
  title: 'This site is damaged',
  text: 'Stored files are not the ones that were published. Redeploying publishes them again.',
};

/** The server of a site could not be loaded: storage or the control plane didn't respond. */
export const SERVER_NOT_LOADED: Message = {
  status: 503,
  title: 'This site can’t be started right now',
  text: 'The storage that its server is loaded from doesn’t respond. Try again in a few seconds.',
};

/** The process that runs servers doesn't respond. */
export const SERVER_STOPPED: Message = {
  status: 503,
  title: 'This site is temporarily unavailable',
  text: 'The server of this site doesn’t respond. Try again in a few seconds.',
};

/** The server made the process end in which all servers run (servers/visit/strikes.ts). */
export const SERVER_PAUSED: Message = {
  status: 503,
  title: 'This site is paused',
  text: 'Its server did not respond, or used too much memory, and was stopped for a while. Try again later; a new deployment starts immediately.',
};

export const SERVER_FAILED: Message = {
  status: 500,
  title: 'This site reported an error',
  text: 'The server of this site threw an error. Its owner finds the details in the runtime log.',
};

export const SERVER_TIMEOUT: Message = {
  status: 504,
  title: 'This site takes too long to respond',
  text: 'The server of this site did not respond within 100 seconds. Try again later.',
};

/** A deployment with a server on an instance that runs none. */
export const NO_SERVERS: Message = {
  status: 503,
  title: 'This site needs a server',
  text: 'This AppFlux instance runs no servers of sites. Its operator can turn them on.',
};

/** Seconds after which a visitor tries again. */
const RETRY_SECONDS = 5;

const HUE = 255;

/** Renders a message, with `more` headers. It isn't cached and not listed by search engines. */
export async function messagePage(
  { status, title, text }: Message,
  method: string,
  more: Headers | null = null,
): Promise<Response> {
  const page = await frame({
    title,
    description: title,
    address: null,
    hue: HUE,
    icon: null,
    body: html`<main><section class="card state">
<h1>${title}</h1>
<p>${text}</p>
</section></main>`,
  });
  const headers = new Headers(more ?? {});
  for (const [name, value] of Object.entries(pageHeaders(page.policy))) headers.set(name, value);
  headers.set('Cache-Control', 'no-store');
  headers.set('X-Robots-Tag', 'noindex');
  if (status === 503) headers.set('Retry-After', String(RETRY_SECONDS));
  return new Response(method === 'HEAD' ? null : page.text, { status, headers });
}
