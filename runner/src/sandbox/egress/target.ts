/** What a request asks to be connected to, read strictly: one spelling for each host, and nothing to guess. */
import ipaddr from 'ipaddr.js';

export interface Target {
  /** A lower-case host name without a trailing dot, or an IP address without brackets. */
  readonly host: string;
  readonly port: number;
  /** The host is an address and not a name. */
  readonly literal: boolean;
}

/** RFC 1035 §2.3.4, and the underscore that some internal names have. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * A host as it is compared and resolved, or null if it is none. What the C library would take for an address
 * (`127.1`, `0x7f000001`, `2130706433`) comes out as that address, the way the WHATWG URL standard reads it.
 */
export function parseHost(text: string): Pick<Target, 'host' | 'literal'> | null {
  const bracketed = /^\[([0-9a-fA-F:.]+)\]$/.exec(text)?.[1];
  if (bracketed !== undefined) {
    return ipaddr.IPv6.isValid(bracketed)
      ? { host: ipaddr.parse(bracketed).toNormalizedString(), literal: true }
      : null;
  }
  // No percent signs, no Unicode, no @ or /: what the URL parser would decode or reinterpret never reaches it.
  if (text.length > 254 || !/^[A-Za-z0-9._-]+$/.test(text)) return null;
  const url = URL.parse(`http://${text}/`);
  if (url === null) return null;
  if (ipaddr.IPv4.isValidFourPartDecimal(url.hostname)) return { host: url.hostname, literal: true };
  const host = url.hostname.replace(/\.$/, '');
  return host.split('.').every((label) => LABEL.test(label)) ? { host, literal: false } : null;
}

/** The authority of a CONNECT request, `host:port` (RFC 9110 §9.3.6), or null if it is not one. */
export function parseAuthority(text: string): Target | null {
  const parts = /^(.+):(\d{1,5})$/.exec(text);
  const host = parseHost(parts?.[1] ?? '');
  const port = Number(parts?.[2]);
  return host !== null && port >= 1 && port <= 65_535 ? { ...host, port } : null;
}

/** A plain-HTTP request's absolute form (RFC 9112 §3.2.2): where to, and the path to ask for there. */
export function parseAbsolute(text: string): { target: Target; path: string } | null {
  const parts = /^http:\/\/([^/?#@\\]+)(.*)$/i.exec(text);
  if (parts === null) return null;
  const authority = parts[1] ?? '';
  const target = parseAuthority(/:\d*$/.test(withoutBrackets(authority)) ? authority : `${authority}:80`);
  const path = parsePath(parts[2] || '/');
  return target === null || path === null ? null : { target, path };
}

/** A path and query as they are sent on, dot segments resolved and no fragment, or null if it is not one. */
export function parsePath(text: string): string | null {
  const rooted = text.startsWith('?') ? `/${text}` : text;
  // The host is put before it, so that a path beginning with two slashes cannot be read as another host.
  const url = rooted.startsWith('/') ? URL.parse(`http://host${rooted}`) : null;
  return url === null ? null : `${url.pathname}${url.search}`;
}

/** `host:port` as it is written in a Host header or a CONNECT request. */
export function authorityOf(target: Target): string {
  return `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
}

function withoutBrackets(authority: string): string {
  return authority.replace(/^\[.*\]/, '');
}
