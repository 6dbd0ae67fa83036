/** A resolver on loopback, in the JSON form of DNS over HTTPS. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const TYPES = { CNAME: 5, TXT: 16 } as const;

/** In answers for names that don't exist (RFC 1035 §4.1.1). */
const NO_SUCH_NAME = 3;

export interface Resolver {
  readonly url: string;
  /** Creates a record, as the owner of the domain does. */
  add(record: { type: string; name: string; value: string }): void;
  close(): void;
}

/** Starts one that knows no names yet. */
export async function startResolver(): Promise<Resolver> {
  const records: { type: number; name: string; data: string }[] = [];
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '/', 'http://loopback').searchParams;
    const type = TYPES[asked.get('type') as keyof typeof TYPES];
    const found = records.filter((record) => record.name === asked.get('name') && record.type === type);
    response
      .writeHead(200, { 'Content-Type': 'application/dns-json' })
      .end(JSON.stringify(found.length === 0 ? { Status: NO_SUCH_NAME } : { Status: 0, Answer: found }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query`,
    add: ({ type, name, value }) => {
      records.push({ type: TYPES[type as keyof typeof TYPES], name, data: value });
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
