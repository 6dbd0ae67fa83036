/** Every address of an instance, derived from its settings and from nothing else. */
import { isIPv6 } from 'node:net';
import { StackProblem } from '../problem.ts';
import { type Host, hostWithPort, isAddress, isAtOrBelow, isLoopback, parseHost } from './host.ts';
import type { Certificates, Reach } from './reach.ts';

export interface Addresses {
  /** What every URL that the instance gives out begins with; no slash at its end. */
  readonly publicUrl: string;
  /** Its host, as `parseHost` gives it. */
  readonly publicHost: string;
  /** Sites are one label below it: a host, and its port unless the scheme implies it. */
  readonly sitesDomain: string;
  /** The same without the port. */
  readonly sitesHost: string;
  /** Where the edge listens. */
  readonly edge: { readonly host: string; readonly port: number };
  /** How programs of this machine reach the edge, whatever DNS says; no slash at its end. */
  readonly localUrl: string;
  /** Whose forwarding headers count: IP addresses and networks. */
  readonly trustedProxies: readonly string[];
  /** Where the instance ends TLS itself, in front of the edge; null where somebody else does, or nobody. */
  readonly https: Https | null;
}

/** The listeners of the proxy that ends TLS. */
export interface Https {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
  /** Answers ACME's challenges and leads everything else to https. */
  readonly httpPort: number;
  /** The port in PUBLIC_URL. */
  readonly publicPort: number;
  readonly certificates: Certificates;
}

interface PublicUrl {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
}

/**
 * The addresses of an instance. Pure.
 * @param settings.port the edge's port
 * @throws StackProblem `settings_invalid` for what cannot work, with its mend
 */
export function addressesOf({ port, reach }: { port: number; reach: Reach }): Addresses {
  const url = publicUrlOf(reach, port);
  const sites = sitesOf(reach, url, port);
  const https = httpsOf(reach, url);
  const edgeHost = https === null || reach.container ? reach.listen : '127.0.0.1';
  if (https === null) requireEncryption(reach, url);
  return {
    publicUrl: `${url.scheme}://${hostWithPort(url.host, url.port, url.scheme)}`,
    publicHost: url.host,
    sitesDomain: hostWithPort(sites.name, sites.port, url.scheme),
    sitesHost: sites.name,
    // Behind the proxy, the edge's own port is for this machine; in a container, for the containers beside it.
    edge: { host: edgeHost, port },
    localUrl: localUrlOf(edgeHost, port),
    trustedProxies: reach.trustedProxies,
    https,
  };
}

/** `localhost`, so that the browser uploads to the dashboard's origin and `*.sites.localhost` is another one. */
function publicUrlOf({ publicUrl }: Reach, port: number): PublicUrl {
  if (publicUrl === null) return { scheme: 'http', host: 'localhost', port };
  const wrong = (what: string) =>
    new StackProblem(
      'settings_invalid',
      `PUBLIC_URL ${what}`,
      'set it to the address that people open, such as https://flux.example.com',
    );
  const match = /^(https?):\/\/(.*?)\/?$/i.exec(publicUrl.trim());
  if (match === null) throw wrong('does not begin with https:// or http://');
  const host = parseHost(match[2] ?? '');
  if (host === null) throw wrong('is more than a scheme, a host and a port');
  const scheme = match[1]?.toLowerCase() === 'https' ? 'https' : 'http';
  return { scheme, host: host.name, port: host.port ?? (scheme === 'https' ? 443 : 80) };
}

/** Without a port of its own, the domain of sites has that of PUBLIC_URL: both are answered by the same listener. */
function sitesOf({ sitesDomain }: Reach, url: PublicUrl, port: number): Host & { port: number } {
  if (sitesDomain === null) return { name: 'sites.localhost', port: isLoopback(url.host) ? url.port : port };
  const sites = parseHost(sitesDomain.trim());
  if (sites === null || isAddress(sites.name)) {
    throw new StackProblem(
      'settings_invalid',
      'SITES_DOMAIN is not a domain',
      'set it to one without a scheme, such as sites.example.com',
    );
  }
  if (isAtOrBelow(url.host, sites.name)) {
    throw new StackProblem(
      'settings_invalid',
      `SITES_DOMAIN ${sites.name} is the dashboard's host ${url.host} or a domain above it, so sites could pass for the dashboard`,
      `set it to another domain, or to one below the dashboard's, such as sites.${url.host}`,
    );
  }
  return { name: sites.name, port: sites.port ?? url.port };
}

/** The proxy that ends TLS. Settings for another kind of TLS than is wished for would do nothing, so they are refused. */
function httpsOf({ tls, listen }: Reach, url: PublicUrl): Https | null {
  const { mode, cert, key, email, directory, root } = tls;
  const refuse = (message: string, advice: string) => new StackProblem('settings_invalid', message, advice);
  if (mode !== 'files' && (cert ?? key) !== null) {
    throw refuse(
      `APPFLUX_TLS_CERT and APPFLUX_TLS_KEY have no effect with APPFLUX_TLS=${mode}`,
      'set APPFLUX_TLS=files',
    );
  }
  if (mode !== 'auto' && (email ?? directory ?? root) !== null) {
    throw refuse(`APPFLUX_ACME_* variables have no effect with APPFLUX_TLS=${mode}`, 'set APPFLUX_TLS=auto');
  }
  if (mode === 'off') return null;
  if (url.scheme !== 'https') {
    throw refuse(
      `APPFLUX_TLS=${mode} needs a PUBLIC_URL that begins with https://`,
      'set PUBLIC_URL to one, such as https://flux.example.com',
    );
  }
  const listeners = {
    host: listen,
    port: tls.httpsPort ?? url.port,
    httpPort: tls.httpPort ?? 80,
    publicPort: url.port,
  };
  if (mode === 'files') {
    if (cert === null || key === null) {
      throw refuse('APPFLUX_TLS=files needs APPFLUX_TLS_CERT and APPFLUX_TLS_KEY', 'set both to PEM files');
    }
    return { ...listeners, certificates: { from: 'files', cert, key } };
  }
  if (directory === null && (isAddress(url.host) || isLoopback(url.host))) {
    throw refuse(
      `No public certificate authority gives a certificate for ${url.host}`,
      'use a domain in PUBLIC_URL, or set APPFLUX_ACME_DIRECTORY to a certificate authority of your own',
    );
  }
  return { ...listeners, certificates: { from: 'acme', email, directory, root } };
}

/** Passwords and tokens cross the network: whatever is not loopback needs https, or a clear wish to do without. */
function requireEncryption(reach: Reach, url: PublicUrl): void {
  const { insecureHttp, container, listen, trustedProxies } = reach;
  if (insecureHttp) return;
  if (url.scheme === 'http' && !isLoopback(url.host)) {
    throw new StackProblem(
      'settings_invalid',
      `PUBLIC_URL is plain http on ${url.host}: passwords and tokens could be read on their way`,
      'use https, or set APPFLUX_INSECURE_HTTP=1 on a network that you trust',
    );
  }
  if (container) return;
  if (!isLoopback(bracketed(listen)) && (url.scheme === 'http' || trustedProxies.length === 0)) {
    throw new StackProblem(
      'settings_invalid',
      `APPFLUX_LISTEN=${listen} answers plain http to other machines`,
      'set APPFLUX_LISTEN=127.0.0.1; or, for a proxy with https on another machine, APPFLUX_TRUSTED_PROXIES and an https PUBLIC_URL; or APPFLUX_INSECURE_HTTP=1 on a network that you trust',
    );
  }
}

const bracketed = (address: string): string => (isIPv6(address) ? `[${address}]` : address);

/** How programs of this machine reach a server that listens there. */
export const localUrlOf = (listen: string, port: number): string => `http://${localHost(listen)}:${port}`;

/** A wildcard address is reached through loopback; any other one only by itself. */
function localHost(listen: string): string {
  const host = parseHost(bracketed(listen))?.name ?? listen;
  return host === '127.0.0.1' || host === '0.0.0.0' || host === '[::]' ? 'localhost' : host;
}
