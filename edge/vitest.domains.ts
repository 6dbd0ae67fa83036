/**
 * Before all tests: on loopback, a resolver in the JSON form of DNS over HTTPS, and the custom hostnames of a zone as
 * Cloudflare documents them, with their bad days. Nothing here is asked of the real ones.
 *
 * `PUT /dns/NAME/TYPE` sets what is answered for a name. `PUT /faults` lists what the next calls of the API get instead
 * of an answer, and `PUT /hostnames/HOST` changes a custom hostname as validation does at Cloudflare.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';

/** What the resolver answers: its JSON, another text, a status of HTTP, or nothing at all. */
export type DnsAnswer = { json: unknown } | { text: string } | { status: number } | 'hang';

/** `lost` does what was asked, and closes the connection instead of answering. */
export type ApiFault = 'lost' | { status: number; headers?: Record<string, string>; body: string };

declare module 'vitest' {
  interface ProvidedContext {
    /** Where both are. */
    domains: string;
  }
}

/** The token and the zone that the API knows. */
export const API_TOKEN = 'token-of-the-zone';
export const ZONE = '023e105f4ecef8ad9ca31a8372d0c353';

interface Hostname {
  id: string;
  hostname: string;
  [member: string]: unknown;
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

const answerWith = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));

const failure = (response: ServerResponse, status: number, code: number, message: string) =>
  answerWith(response, status, { success: false, errors: [{ code, message }], messages: [], result: null });

const success = (response: ServerResponse, status: number, result: unknown) =>
  answerWith(response, status, { success: true, errors: [], messages: [], result });

/** A custom hostname as it is right after it was added. */
const added = (hostname: string): Hostname => ({
  id: crypto.randomUUID().replaceAll('-', ''),
  hostname,
  status: 'pending',
  ownership_verification: {
    type: 'txt',
    name: `_cf-custom-hostname.${hostname}`,
    value: crypto.randomUUID(),
  },
  ssl: { status: 'initializing', method: 'http', type: 'dv' },
  created_at: new Date().toISOString(),
});

export default async function startDomains(project: TestProject): Promise<() => Promise<void>> {
  const records = new Map<string, DnsAnswer>();
  const hostnames = new Map<string, Hostname>();
  const faults: ApiFault[] = [];

  function resolve(url: URL, response: ServerResponse): void {
    const asked = `${url.searchParams.get('name')}/${url.searchParams.get('type')}`;
    const answer = records.get(asked) ?? { json: { Status: 3 } };
    if (answer === 'hang') return;
    if ('status' in answer) response.writeHead(answer.status).end();
    else if ('text' in answer) response.end(answer.text);
    else answerWith(response, 200, answer.json);
  }

  async function call(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    const text = await textOf(request);
    const fault = faults.shift();
    if (fault !== undefined && fault !== 'lost') {
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return;
    }
    if (fault === 'lost') {
      if (request.method === 'POST') add(JSON.parse(text).hostname);
      request.socket.destroy();
      return;
    }
    if (request.headers.authorization !== `Bearer ${API_TOKEN}`)
      return void failure(response, 403, 9109, 'Unauthorized to access requested resource');
    const id = url.pathname.split('/')[4];
    const known = [...hostnames.values()].find((one) => one.id === id);
    if (request.method === 'POST') {
      const { hostname } = JSON.parse(text);
      if (hostnames.has(hostname)) failure(response, 409, 1406, 'Duplicate custom hostname found.');
      else success(response, 201, add(hostname));
    } else if (id === undefined) {
      const asked = url.searchParams.get('hostname') ?? '';
      success(
        response,
        200,
        [...hostnames.values()].filter(({ hostname }) => hostname.includes(asked)),
      );
    } else if (known === undefined) failure(response, 404, 1436, 'The custom hostname was not found.');
    else if (request.method === 'DELETE') {
      hostnames.delete(known.hostname);
      answerWith(response, 200, { success: true, errors: [], messages: [], result: { id } });
    } else success(response, 200, known);
  }

  function add(host: string): Hostname {
    const hostname = added(host);
    hostnames.set(host, hostname);
    return hostname;
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://loopback');
    const [, kind = '', name = '', type = ''] = url.pathname.split('/');
    if (kind === 'dns-query') return resolve(url, response);
    if (kind === 'zones') return call(request, url, response);
    const body = JSON.parse((await textOf(request)) || 'null');
    if (kind === 'dns') records.set(`${name}/${type}`, body);
    else if (kind === 'faults') faults.splice(0, faults.length, ...body);
    else if (kind === 'hostnames' && request.method === 'PUT')
      hostnames.set(name, { ...(hostnames.get(name) ?? added(name)), ...body });
    answerWith(response, 200, kind === 'hostnames' ? (hostnames.get(name) ?? null) : null);
  });
  await new Promise<void>((started) => server.listen(0, '127.0.0.1', started));
  project.provide('domains', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return () =>
    new Promise<void>((closed) => {
      server.closeAllConnections();
      server.close(() => closed());
    });
}
