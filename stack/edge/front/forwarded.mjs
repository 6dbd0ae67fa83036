/**
 * Who sends a request, and to which address: by what a proxy says that the operator trusts, else by the connection alone.
 * Source: https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/X-Forwarded-For#security_and_privacy_concerns
 */
import { formatAddress, isLoopback, isWithin, parseAddress } from './network.mjs';

/** What a client or a proxy may claim. None of it reaches the control plane. */
const CLAIMS = [
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'X-Forwarded-Proto',
  'X-Forwarded-Server',
  'X-Real-IP',
  'CF-Connecting-IP',
  'True-Client-IP',
];

/**
 * @typedef {object} Origin
 * @property {string | null} client the client's IP address; null when it is not known
 * @property {'http' | 'https' | null} scheme what the client speaks; null for what this connection does
 * @property {string | null} host the host that the client asked for; null for the request's own
 */

/**
 * Pure.
 * @param {string | null} peer the other end of the connection; null for our own proxy, which is always trusted
 * @param {Headers} headers
 * @param {readonly string[]} trusted IP addresses and networks
 * @returns {Origin}
 */
export function originOf(peer, headers, trusted) {
  const address = peer === null ? null : parseAddress(peer);
  if (peer !== null && (address === null || !isWithin(address, trusted))) {
    // Loopback is a proxy that the operator did not name, or this machine: it distinguishes no clients.
    const known = address !== null && !isLoopback(address) ? formatAddress(address) : null;
    return { client: known, scheme: null, host: null };
  }
  const scheme = last(headers.get('X-Forwarded-Proto'))?.toLowerCase();
  return {
    client: clientOf(headers.get('X-Forwarded-For'), trusted),
    scheme: scheme === 'http' || scheme === 'https' ? scheme : null,
    host: hostOf(last(headers.get('X-Forwarded-Host'))),
  };
}

/**
 * The last address that no trusted proxy has: each proxy adds its client at the end, and what stands before an untrusted
 * address is only what that one claims.
 * @param {string | null} forwarded
 * @param {readonly string[]} trusted
 */
function clientOf(forwarded, trusted) {
  for (const text of (forwarded ?? '').split(',').reverse()) {
    const address = parseAddress(text);
    if (address === null) return null;
    if (!isWithin(address, trusted)) return isLoopback(address) ? null : formatAddress(address);
  }
  return null;
}

/** @param {string | null} list */
const last = (list) => list?.split(',').at(-1)?.trim();

/** @param {string | undefined} text */
function hostOf(text) {
  if (text === undefined || !/^[\w.:[\]-]{1,255}$/.test(text)) return null;
  const url = URL.parse(`http://${text}/`);
  return url !== null && url.pathname === '/' && url.username === '' ? text.toLowerCase() : null;
}

/**
 * The request as the control plane is to see it: nothing that a client claims of itself, and the scheme, host and client
 * address that are known of it.
 * @param {Request} request
 * @param {Origin} origin
 * @param {string} addressHeader tells the control plane the client's address; dropped when a client sends it
 */
export function asKnown(request, { client, scheme, host }, addressHeader) {
  // Most requests claim nothing, and a copy costs as much as passing it on.
  const isAsSent = client === null && scheme === null && host === null;
  if (isAsSent && ![...CLAIMS, addressHeader].some((name) => request.headers.has(name))) return request;
  const url = new URL(request.url);
  if (scheme !== null) url.protocol = `${scheme}:`;
  if (host !== null) {
    // Assigning a host without a port would keep the port that is there.
    url.port = '';
    url.host = host;
  }
  const known = new Request(url.toString() === request.url ? request : url, request);
  for (const name of [...CLAIMS, addressHeader]) known.headers.delete(name);
  if (client !== null) known.headers.set(addressHeader, client);
  if (host !== null) known.headers.set('Host', host);
  return known;
}
