/** Host names as people write them, brought into one form so that they can be compared. */

export interface Host {
  /** Lower case, punycode, no dot at its end; an IPv6 address in brackets, in its shortest form. */
  readonly name: string;
  /** Null when none was written. */
  readonly port: number | null;
}

/** RFC 1035 §2.3.4, in bytes. */
const LONGEST_LABEL = 63;
const LONGEST_NAME = 253;

/** Reads `host` or `host:port`. Null for anything else: a URL, a path, an empty label, a port that cannot be. */
export function parseHost(text: string): Host | null {
  const match = /^(\[[0-9a-f:.]+\]|[^[\]:/?#@\\%\s]+)(?::(\d{1,5}))?$/i.exec(text);
  if (match === null) return null;
  const [, written = '', digits] = match;
  // The URL parser folds case, maps to punycode, and writes IP addresses in their one form (RFC 5952).
  const parsed = URL.parse(`http://${written}/`)?.hostname;
  if (parsed === undefined) return null;
  const name = parsed.replace(/\.$/, '');
  const port = digits === undefined ? null : Number(digits);
  if (port !== null && (port < 1 || port > 65_535)) return null;
  if (!isAddress(name) && !isName(name)) return null;
  return { name, port };
}

const isName = (name: string): boolean =>
  name.length <= LONGEST_NAME &&
  name.split('.').every((label) => label.length > 0 && label.length <= LONGEST_LABEL);

/** Whether a host of `parseHost` is an IP address. */
export const isAddress = (name: string): boolean =>
  name.startsWith('[') || /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name);

/** Whether a host of `parseHost` always means the machine itself (RFC 6761 §6.3, RFC 6890). */
export const isLoopback = (name: string): boolean =>
  name === 'localhost' ||
  name.endsWith('.localhost') ||
  name === '[::1]' ||
  (isAddress(name) && name.startsWith('127.')) ||
  name.startsWith('[::ffff:7f');

/** Whether `name` is `domain` or lies below it; both as `parseHost` gives them. An IP address has nothing below it. */
export const isAtOrBelow = (name: string, domain: string): boolean =>
  name === domain || (!isAddress(domain) && !isAddress(name) && name.endsWith(`.${domain}`));

/** A host and a port as they stand in a URL of a scheme: without the port that the scheme implies. */
export const hostWithPort = (name: string, port: number, scheme: 'http' | 'https'): string =>
  port === (scheme === 'https' ? 443 : 80) ? name : `${name}:${port}`;
