/**
 * Answers questions to DNS for the edge in the JSON form of DNS over HTTPS (edge/src/sites/domains/dns.ts), by the
 * resolvers of this machine: a domain that only a private network knows works, too.
 */
import { Resolver } from 'node:dns/promises';

/** Numbers of record types and response codes (RFC 1035 §3.2.2, §4.1.1). */
const CNAME = 5;
const TXT = 16;
const NO_ERROR = 0;
const SERVER_FAILURE = 2;

/** How often aliases are followed. */
const MOST_ALIASES = 8;

/** Codes of node:dns that mean: there is no such record. */
const NO_RECORD: ReadonlySet<unknown> = new Set(['ENODATA', 'ENOTFOUND']);

/** The part of node:dns that is used. */
export type DnsResolver = Pick<Resolver, 'resolveTxt' | 'resolveCname'>;

/** A resolver that gives up after some seconds. */
export const systemResolver = (): DnsResolver => new Resolver({ timeout: 2_000, tries: 2 });

interface DnsRecord {
  name: string;
  type: number;
  data: string;
}

/** The records of a name, in the form of DNS over HTTPS. */
export async function answerDns(
  name: string,
  type: string,
  resolver: DnsResolver,
): Promise<{ Status: number; Answer: DnsRecord[] }> {
  try {
    const records = type === 'CNAME' ? await aliasesOf(name, resolver) : await textsOf(name, resolver);
    return { Status: NO_ERROR, Answer: records };
  } catch {
    // Refused, timed out or unreadable: in every case the edge asks again later.
    return { Status: SERVER_FAILURE, Answer: [] };
  }
}

async function textsOf(name: string, resolver: DnsResolver): Promise<DnsRecord[]> {
  const texts = await resolver.resolveTxt(name).catch(orNone);
  return texts.map((strings) => ({ name, type: TXT, data: quoted(strings.join('')) }));
}

async function aliasesOf(name: string, resolver: DnsResolver): Promise<DnsRecord[]> {
  const records: DnsRecord[] = [];
  let at: string | undefined = name;
  while (at !== undefined && records.length < MOST_ALIASES) {
    const [alias]: string[] = await resolver.resolveCname(at).catch(orNone);
    if (alias !== undefined) records.push({ name: at, type: CNAME, data: alias });
    at = records.some((record) => record.name === alias) ? undefined : alias;
  }
  return records;
}

function orNone(error: unknown): [] {
  if (error instanceof Error && 'code' in error && NO_RECORD.has(error.code)) return [];
  throw error;
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
