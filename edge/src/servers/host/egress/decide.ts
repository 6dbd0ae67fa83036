/** Which addresses a site's server may reach. Pure. */
import { isPrivateHost } from '../../../network/private-host.ts';

/** What holds for the servers of one deployment. */
export interface EgressRules {
  /** Hosts of the instance itself, in lower case: neither they nor names below them are reached. */
  readonly ownHosts: readonly string[];
  /** What the app allows; null: every public host. `*.` in front stands for all names below. */
  readonly allowHosts: readonly string[] | null;
  /** Whether the operator lets this instance reach private addresses. */
  readonly allowPrivate: boolean;
}

/** The ports that sites don't reach: nobody answers there but mail servers, which would take the host for a sender of spam. */
const BLOCKED_PORTS: ReadonlySet<string> = new Set(['25']);

/** Why a server may not reach an address, as the end of "AppFlux refused this request: …"; null if it may. */
export function egressRefusal(
  { protocol, hostname, port }: Pick<URL, 'protocol' | 'hostname' | 'port'>,
  { ownHosts, allowHosts, allowPrivate }: EgressRules,
): string | null {
  if (!['http:', 'https:', 'tcp:'].includes(protocol))
    return `the scheme ${protocol.slice(0, -1)} is not supported`;
  const host = hostname.toLowerCase().replace(/\.$/, '');
  if (ownHosts.some((own) => isAtOrBelow(host, own)))
    return `${host} is a host of this instance. A site reaches itself through the binding WORKER_SELF_REFERENCE`;
  if (!allowPrivate && isPrivateHost(host))
    return `${host} is a private address. The operator of the instance can allow such addresses`;
  if (BLOCKED_PORTS.has(port)) return `port ${port} is blocked`;
  if (allowHosts !== null && !allowHosts.some((allowed) => isAllowed(host, port, protocol, allowed)))
    return `${host} is not among the hosts that the app allows`;
  return null;
}

const isAtOrBelow = (host: string, parent: string): boolean => host === parent || host.endsWith(`.${parent}`);

/** An allowed host without a port stands for the usual one of the scheme, and of TCP for all. */
function isAllowed(host: string, port: string, protocol: string, allowed: string): boolean {
  const [, wildcard, name = '', allowedPort] = /^(\*\.)?([^:]+)(?::(\d+))?$/.exec(allowed) ?? [];
  const isHost = wildcard === undefined ? host === name : host.endsWith(`.${name}`);
  if (!isHost) return false;
  return allowedPort === undefined
    ? port === '' || protocol === 'tcp:'
    : allowedPort === portOf(port, protocol);
}

/** The port that a URL leads to: it has none in its text if it is the usual one of the scheme. */
const portOf = (port: string, protocol: string): string =>
  port !== '' ? port : protocol === 'https:' ? '443' : '80';

/** The address that a program passed to `connect()`; null if it is none. */
export function tcpAddress(text: string): { hostname: string; port: string } | null {
  // A scheme whose parser knows nothing special: the port stays, and IP addresses keep their brackets.
  if (/[/?#@\\\s]/.test(text) || !URL.canParse(`http://${text}`)) return null;
  const { hostname, port } = new URL(`http://${text}`);
  const named = /:(\d{1,5})$/.exec(text)?.[1];
  if (named === undefined || hostname === '') return null;
  return { hostname, port: port === '' ? String(Number(named)) : port };
}
