/**
 * Questions to DNS, by DNS over HTTPS in the JSON form that Cloudflare's and Google's resolvers offer. On one machine the
 * program that runs the instance answers in the same form.
 * Source: https://developers.cloudflare.com/1.1.1.1/encryption/dns-over-https/make-api-requests/dns-json/
 */
import { z } from 'zod';
import type { Env } from '../../env.ts';
import { hostName } from '../hosts/domain.ts';

/** The resolver that is asked where none is set. */
const CLOUDFLARE_RESOLVER = 'https://cloudflare-dns.com/dns-query';

/** How long an answer may take, in milliseconds. */
const ANSWER_WITHIN_MS = 5_000;

/** The longest answer that is read, in bytes: a name can have very many TXT records. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Numbers of record types (RFC 1035 §3.2.2). */
const TYPES = { CNAME: 5, TXT: 16 } as const;

/** Response codes (RFC 1035 §4.1.1). */
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;

const Answer = z.object({
  Status: z.int(),
  Answer: z.array(z.object({ name: z.string(), type: z.int(), data: z.string() })).default([]),
});

/** DNS could not be asked: the question may be asked again later. */
export class DnsUnavailable extends Error {
  override readonly name = 'DnsUnavailable';
}

/** What is asked of DNS. Each answer is empty for a name that doesn't exist; DnsUnavailable is thrown if there is none. */
export interface Dns {
  /** The TXT records of a name, the strings of each joined (RFC 7208 §3.3). */
  txt(name: string): Promise<string[]>;
  /** The names that a name is an alias of: the first, the alias of that, and so on. */
  aliases(name: string): Promise<string[]>;
}

/** The resolver of this instance. */
export const dnsOf = (env: Env): Dns => dnsAt(env.DNS_OVER_HTTPS_URL ?? CLOUDFLARE_RESOLVER);

/** A resolver by its URL. */
export function dnsAt(resolver: string): Dns {
  return {
    async txt(name) {
      const records = await ask(resolver, name, 'TXT');
      return records.filter(({ type }) => type === TYPES.TXT).map(({ data }) => joined(data));
    },
    async aliases(name) {
      const records = await ask(resolver, name, 'CNAME');
      return chainFrom(
        hostName(name),
        new Map(
          records
            .filter(({ type }) => type === TYPES.CNAME)
            .map(({ name: from, data }) => [hostName(from), hostName(data)]),
        ),
      );
    },
  };
}

/** Follows aliases until there is no further one, or one comes back. */
function chainFrom(name: string, next: ReadonlyMap<string, string>): string[] {
  const chain: string[] = [];
  for (let at = next.get(name); at !== undefined && !chain.includes(at); at = next.get(at)) chain.push(at);
  return chain;
}

async function ask(resolver: string, name: string, type: keyof typeof TYPES) {
  const url = new URL(resolver);
  url.searchParams.set('name', name);
  url.searchParams.set('type', type);
  const answer = Answer.safeParse(await read(url));
  if (!answer.success) throw new DnsUnavailable('The DNS resolver’s answer can’t be read');
  const { Status: status, Answer: records } = answer.data;
  if (status === NO_SUCH_NAME) return [];
  if (status !== NO_ERROR)
    throw new DnsUnavailable(`The DNS servers of ${name} don’t answer (code ${status})`);
  return records;
}

async function read(url: URL): Promise<unknown> {
  try {
    const response = await fetch(url, {
      headers: { Accept: 'application/dns-json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const text = await response.text();
    if (!response.ok || text.length > MAX_ANSWER_BYTES)
      throw new DnsUnavailable(`The DNS resolver answered ${response.status}`);
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof DnsUnavailable) throw cause;
    throw new DnsUnavailable('The DNS resolver doesn’t answer', { cause });
  }
}

/** A TXT record's text. Its strings are quoted and apart (RFC 1035 §5.1); some resolvers give one without quotes. */
function joined(data: string): string {
  const strings = data.match(/"(?:[^"\\]|\\.)*"/g);
  if (strings === null) return data;
  return strings.map((quoted) => quoted.slice(1, -1).replace(/\\(\d{3}|.)/g, unescaped)).join('');
}

const unescaped = (_: string, escaped: string): string =>
  escaped.length === 3 ? String.fromCharCode(Number(escaped)) : escaped;
