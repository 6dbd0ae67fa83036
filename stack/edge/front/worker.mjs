/**
 * The front: the Worker behind an instance's port, in place of Cloudflare's network. Below `/cdn-cgi/` it answers
 * signed S3 requests only, and none for the host of a site; everything else goes to the control plane. It also
 * compresses text, as Cloudflare does.
 * JavaScript, because workerd can't run TypeScript.
 */

import { asKnown, originOf } from './forwarded.mjs';

export { loopback } from './loopback.mjs';

/**
 * @typedef {object} Scheduled
 * @property {(run: { cron: string, scheduledTime: Date }) => Promise<{ outcome: string }>} scheduled
 */

/**
 * @typedef {object} Env
 * @property {Fetcher & Scheduled} WORKER the control plane
 * @property {string[]} TRUSTED_PROXIES whose forwarding headers count
 * @property {string} CLIENT_ADDRESS_HEADER the header that has the client's address for the control plane
 * @property {string} SITES_DOMAIN the domain that sites are below, maybe with a port; empty if there is none
 * @property {string} PUBLIC_URL the control plane's URL
 * @property {Fetcher} S3 the S3 endpoint of the embedded bucket, which checks signatures itself
 */

/** The path of Miniflare's S3 endpoint. It is part of what is signed. */
const S3_PATH = '/cdn-cgi/local/r2/s3';

/** Cloudflare reserves this path. Matches any case and any kind of slash, to be safe. */
const RESERVED = /^[/\\]*cdn-cgi(?:[/\\]|$)/i;

/** Media types that are worth compressing. Images, archives and programs are already compressed. */
const TEXT =
  /^(?:text\/|application\/(?:json|javascript|xml|manifest\+json|[\w.+-]+\+(?:json|xml)|wasm)(?:;|$)|image\/svg\+xml)/i;

/** A response smaller than this, in bytes, is sent uncompressed. */
const WORTH_COMPRESSING = 1024;

/** The handler of the instance's port. */
export const port = {
  /**
   * @param {Request} request
   * @param {Env} env
   */
  fetch(request, env) {
    // workerd itself says who is connected; no header can.
    const peer = String(request.cf?.clientIp ?? '');
    return serve(request, peer, env);
  },
};

/** What the socket of our own proxy leads to: a file that only this user can open. */
export const proxy = {
  /**
   * @param {Request} request
   * @param {Env} env
   */
  fetch(request, env) {
    return serve(request, null, env);
  },
};

/** What the socket of this process leads to: runs a cron of the control plane, which the body names. */
export const cron = {
  /**
   * @param {Request} request
   * @param {Env} env
   */
  async fetch(request, env) {
    const { cron, at } = /** @type {{ cron: string, at: number }} */ (await request.json());
    const { outcome } = await env.WORKER.scheduled({ cron, scheduledTime: new Date(at) });
    return Response.json({ outcome });
  },
};

/**
 * @param {Request} received
 * @param {string | null} peer
 * @param {Env} env
 * @returns {Promise<Response>}
 */
async function serve(received, peer, env) {
  const origin = originOf(peer, received.headers, env.TRUSTED_PROXIES);
  const request = asKnown(received, origin, env.CLIENT_ADDRESS_HEADER);
  const { hostname, pathname } = new URL(request.url);
  // All paths of a site's host are the site's.
  if (!isSite(hostname, env.SITES_DOMAIN)) {
    if (pathname === S3_PATH || pathname.startsWith(`${S3_PATH}/`)) return env.S3.fetch(request);
    if (RESERVED.test(decoded(pathname))) return notFound();
  }
  const response = await env.WORKER.fetch(request);
  return isCompressible(request, response, isOwn(hostname, env.PUBLIC_URL)) ? compressed(response) : response;
}

/**
 * Whether a host is the domain of sites, or below it.
 * @param {string} hostname lower case, as in a URL
 * @param {string} sitesDomain
 */
function isSite(hostname, sitesDomain) {
  const name = hostname.replace(/\.$/, '');
  const domain = sitesDomain.toLowerCase().replace(/:\d+$/, '');
  return domain !== '' && (name === domain || name.endsWith(`.${domain}`));
}

/**
 * Whether a host is the control plane's: its own name, or one that no site has, such as an IP address.
 * @param {string} hostname lower case, as in a URL
 * @param {string} publicUrl
 */
const isOwn = (hostname, publicUrl) =>
  hostname === URL.parse(publicUrl)?.hostname || !hostname.includes('.') || /^[\d.]+$/.test(hostname);

function notFound() {
  return Response.json({ error: { code: 'not_found', message: 'Not found' } }, { status: 404 });
}

/**
 * Decodes percent-encoding where it is valid, and leaves the rest unchanged.
 * @param {string} path
 */
const decoded = (path) =>
  path.replace(/(?:%[0-9a-f]{2})+/gi, (escaped) => {
    try {
      return decodeURIComponent(escaped);
    } catch {
      // Not UTF-8, so no spelling of the reserved path, which is ASCII.
      return escaped;
    }
  });

/**
 * Whether a response is sent compressed. A response that offers byte ranges is not: ranges count the bytes sent. Nor is
 * a stream of a site's server: workerd gives out what it has compressed when it has enough, so that events and pages
 * that come in pieces would not arrive until they end.
 * @param {Request} request
 * @param {Response} response
 * @param {boolean} isOwn whether it is the control plane's own, and no site's
 */
function isCompressible({ method, headers: asked }, { status, headers }, isOwn) {
  return (
    method === 'GET' &&
    status === 200 &&
    /(?:^|,)\s*gzip\s*(?:,|;(?!\s*q=0(?:\.0*)?\s*(?:,|$))|$)/i.test(asked.get('Accept-Encoding') ?? '') &&
    TEXT.test(headers.get('Content-Type') ?? '') &&
    Number(headers.get('Content-Length') ?? (isOwn ? WORTH_COMPRESSING : 0)) >= WORTH_COMPRESSING &&
    !headers.has('Content-Encoding') &&
    !headers.has('Accept-Ranges') &&
    !/\bno-transform\b/i.test(headers.get('Cache-Control') ?? '')
  );
}

/**
 * The same response, compressed: workerd does it for a response with this header.
 * @param {Response} response
 */
function compressed(response) {
  const encoded = new Response(response.body, response);
  encoded.headers.set('Content-Encoding', 'gzip');
  encoded.headers.append('Vary', 'Accept-Encoding');
  return encoded;
}
