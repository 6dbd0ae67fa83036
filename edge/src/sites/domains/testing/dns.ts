/** The resolver and the zone of vitest.domains.ts, for tests. */
import { inject } from 'vitest';
import type { ApiFault, DnsAnswer } from '../../../../vitest.domains.ts';

const set = async (path: string, body: unknown): Promise<void> => {
  await (
    await fetch(`${inject('domains')}${path}`, { method: 'PUT', body: JSON.stringify(body) })
  ).body?.cancel();
};

/** Sets what the resolver answers for a name. */
export const dnsAnswers = (name: string, type: 'TXT' | 'CNAME', answer: DnsAnswer): Promise<void> =>
  set(`/dns/${name}/${type}`, answer);

/** Sets a name's record, as resolvers give it. */
export const dnsHas = (name: string, type: 'TXT' | 'CNAME', ...data: string[]): Promise<void> =>
  dnsAnswers(name, type, {
    json: {
      Status: 0,
      Answer: data.map((text) => ({ name, type: type === 'TXT' ? 16 : 5, TTL: 60, data: text })),
    },
  });

/** Sets what happens to the next calls of Cloudflare's API. */
export const nextCalls = (...faults: ApiFault[]): Promise<void> => set('/faults', faults);

/** Changes a custom hostname, as validation does at Cloudflare. */
export const changeHostname = (host: string, change: unknown): Promise<void> =>
  set(`/hostnames/${host}`, change);

/** The custom hostname of a host; null if there is none. */
export const hostnameAt = async (host: string): Promise<{ id: string } | null> =>
  (await fetch(`${inject('domains')}/hostnames/${host}`)).json();
