/** Opens connections: to addresses that were checked, and to nothing else. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type LookupFunction, type Socket } from 'node:net';
import { getProxyForUrl } from 'proxy-from-env';
import { authorityOf, type Target } from './target.ts';

/**
 * Connects to one of `addresses`, which were all checked, and never to what the name might say a second time.
 * Rejects if none of them takes the connection within `patienceMs`.
 */
export type Dial = (target: Target, addresses: readonly string[], patienceMs: number) => Promise<Socket>;

/** How long one address is tried before the next is tried beside it (RFC 8305), in milliseconds. */
const NEXT_ADDRESS_AFTER_MS = 1_000;

/** Connects to the addresses themselves, the first that answers winning. */
export const dialDirectly: Dial = (target, addresses, patienceMs) => {
  // Given as the answer to a look-up, so that Node tries them all; no name server is asked.
  const lookup: LookupFunction = (_name, options, done) => {
    const answers = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    const first = answers[0];
    if (first === undefined) done(new Error('no address'), '');
    else if (options.all === true) done(null, answers);
    else done(null, first.address, first.family);
  };
  const socket = connect({
    host: target.literal ? (addresses[0] ?? target.host) : target.host,
    port: target.port,
    lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
  });
  return connected(socket, target, patienceMs);
};

function connected(socket: Socket, target: Target, patienceMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => socket.destroy(new Error(`${authorityOf(target)} did not respond within ${patienceMs} ms`)),
      patienceMs,
    );
    const onError = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once('error', onError);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeListener('error', onError);
      resolve(socket);
    });
  });
}

/** Where a host's own proxy is for a target, as its environment says it (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). */
export type FindHostProxy = (target: Target) => URL | null;

/** Looks in this process's environment. */
export const hostProxyFromEnvironment: FindHostProxy = (target) => {
  const scheme = target.port === 80 ? 'http' : 'https';
  const proxy = getProxyForUrl(`${scheme}://${authorityOf(target)}`);
  return proxy === '' ? null : URL.parse(proxy);
};

/**
 * Asks a proxy of the host's network for a tunnel. It is asked by name, since such proxies decide by name: what the
 * name leads to is then that proxy's to check.
 */
export function dialThrough(proxy: URL, target: Target, patienceMs: number): Promise<Socket> {
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const authority = authorityOf(target);
  const request = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
    host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    method: 'CONNECT',
    path: authority,
    agent: false,
    headers: {
      Host: authority,
      ...(credentials === ':'
        ? {}
        : { 'Proxy-Authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }),
    },
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => request.destroy(new Error(`the host’s proxy did not respond within ${patienceMs} ms`)),
      patienceMs,
    );
    // `on`: it may fail again after that, and then for nobody to hear.
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    request.once('response', (response) => {
      clearTimeout(timer);
      response.destroy();
      reject(new Error(`the host’s proxy responded with ${response.statusCode} to ${authority}`));
    });
    request.once('connect', (response, socket, head) => {
      clearTimeout(timer);
      if (response.statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket as Socket);
      } else {
        socket.destroy();
        reject(new Error(`the host’s proxy responded with ${response.statusCode} to ${authority}`));
      }
    });
    request.end();
  });
}
