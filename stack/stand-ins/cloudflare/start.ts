/** A stand-in for Cloudflare's API on a loopback port, for wrangler and for our own calls. */
import { createServer, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Account, TOKEN } from './account.ts';
import { type Answer, DENIED, refused } from './answer.ts';
import { ROUTES } from './routes.ts';

/** Answers the next so many calls that match, in place of the account. */
export interface Fault {
  /** Method and path, for example `POST /accounts/x/queues`. */
  readonly when: RegExp;
  times: number;
  readonly answer: Answer | { readonly status: number; readonly text: string };
}

export interface CloudflareStandIn {
  readonly url: string;
  account: Account;
  /** The faults that are left. */
  readonly faults: Fault[];
  /** All calls so far: method and path with its query. */
  readonly calls: string[];
  /** Calls that nothing answers. */
  readonly unknown: string[];
  stop(): Promise<void>;
}

/** Starts it with an empty account. */
export async function startCloudflare(): Promise<CloudflareStandIn> {
  const server = createServer(async (request, response) => {
    const { method = '', url = '' } = request;
    const body = await bodyOf(request);
    const answer = answerOf(standIn, `${method} ${url}`, request.headers.authorization, body);
    response.statusCode = answer.status;
    for (const [name, value] of Object.entries('headers' in answer ? (answer.headers ?? {}) : {})) {
      response.setHeader(name, value);
    }
    if ('text' in answer) return response.end(answer.text);
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  const standIn: CloudflareStandIn = {
    url: `http://127.0.0.1:${address.port}`,
    account: new Account(),
    faults: [],
    calls: [],
    unknown: [],
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return standIn;
}

function answerOf(
  standIn: CloudflareStandIn,
  call: string,
  authorization: string | undefined,
  body: unknown,
): Fault['answer'] {
  standIn.calls.push(call);
  const fault = standIn.faults.find(({ when, times }) => times > 0 && when.test(call));
  if (fault !== undefined) {
    fault.times -= 1;
    return fault.answer;
  }
  const [method = '', target = ''] = call.split(' ');
  const { pathname, searchParams } = new URL(target, standIn.url);
  // The session of an upload has a token of its own.
  const isUpload = /\/assets\//.test(pathname);
  if (authorization !== `Bearer ${TOKEN}` && !isUpload) return DENIED;
  for (const [route, handler] of ROUTES) {
    const params = paramsOf(route, `${method} ${pathname}`);
    if (params !== null) return handler(standIn.account, params, { query: searchParams, body });
  }
  standIn.unknown.push(call);
  return refused(404, 7003, `Could not route to ${pathname}, perhaps your object identifier is invalid?`);
}

function paramsOf(route: string, call: string): string[] | null {
  const pattern = route.replaceAll('*', '([^/]+)');
  return new RegExp(`^${pattern}$`).exec(call)?.slice(1) ?? null;
}

/** JSON, a form with its files as texts, or nothing. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const type = request.headers['content-type'] ?? '';
  const bytes = await buffer(request);
  if (type.startsWith('multipart/form-data')) {
    const form = await new Response(bytes, { headers: { 'Content-Type': type } }).formData();
    const fields = await Promise.all(
      [...form].map(
        async ([name, value]) => [name, typeof value === 'string' ? value : await value.text()] as const,
      ),
    );
    return Object.fromEntries(fields);
  }
  try {
    return JSON.parse(bytes.toString());
  } catch {
    // wrangler sends JSON without saying so; anything else is no body.
    return null;
  }
}
