/** Where a request comes from, as far as it can be known. */
import type { Env } from '../env.ts';

/**
 * The client's network address, for counting; null when it is not known. It is read from the header that
 * CLIENT_ADDRESS_HEADER names, which is set only where something in front of the Worker always writes that header
 * itself: Cloudflare does (wrangler.toml), a local instance does not, so what a client sends is never believed there.
 */
export function clientAddressOf(
  request: Request,
  env: Partial<Pick<Env, 'CLIENT_ADDRESS_HEADER'>>,
): string | null {
  const name = env.CLIENT_ADDRESS_HEADER;
  return name ? networkOf(request.headers.get(name)) : null;
}

/**
 * What addresses are counted by: an IPv4 address, or the /64 of an IPv6 address, since a host has all of its /64 to
 * choose from (RFC 6177 §2). Null for what is no address.
 */
export function networkOf(address: string | null): string | null {
  const text = address?.trim().toLowerCase() ?? '';
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return text;
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/.exec(text)?.[1];
  if (mapped !== undefined) return mapped;
  // The URL parser checks an IPv6 address and writes it in its one shortest form (RFC 5952).
  const host = /^[0-9a-f:.]{2,45}$/.test(text) ? URL.parse(`http://[${text}]`)?.hostname : undefined;
  if (host === undefined) return null;
  const [before = '', after] = host.slice(1, -1).split('::');
  const groups = before === '' ? [] : before.split(':');
  const behind = after === undefined || after === '' ? [] : after.split(':');
  const zeros = after === undefined ? 0 : 8 - groups.length - behind.length;
  const all = [...groups, ...Array<string>(zeros).fill('0'), ...behind];
  return `${all.slice(0, 4).join(':')}::/64`;
}
