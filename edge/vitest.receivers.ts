/**
 * Before all tests: receivers of notifications on loopback, with the answers of a bad day. A test names its own receiver
 * in the path, `/NAME/...`, and what it does, request by request: `PUT /NAME` takes a list of answers, the last of which
 * is given to all that come after. `GET /NAME` lists what came.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { TestProject } from 'vitest/node';

/** What a receiver does with a request. `slow` answers 200 after so many milliseconds. */
export type ReceiverAnswer =
  | 'hang'
  | 'reset'
  | 'endless'
  | 'drip'
  | { slow: number }
  | { status: number; headers?: Record<string, string>; body?: string };

/** A request as it came; the body in base64. */
export interface ReceivedRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the receivers are. */
    receivers: string;
    /** The same with a certificate that nobody trusts. */
    receiversUntrusted: string;
  }
}

const GOOD: ReceiverAnswer = { status: 200, body: 'ok' };

/** Writes chunks until the other side closes the connection. */
function endless(response: ServerResponse, chunk: string, everyMs: number): void {
  response.writeHead(200, { 'Content-Type': 'text/plain' });
  const timer = setInterval(() => response.write(chunk), everyMs);
  response.on('close', () => clearInterval(timer));
}

function answer(how: ReceiverAnswer, request: IncomingMessage, response: ServerResponse): void {
  if (how === 'hang') return;
  if (how === 'reset') request.socket.resetAndDestroy();
  else if (how === 'endless') endless(response, 'x'.repeat(64 * 1024), 1);
  else if (how === 'drip') endless(response, 'x', 100);
  else if ('slow' in how) setTimeout(() => response.end('late'), how.slow);
  else response.writeHead(how.status, how.headers).end(how.body);
}

/** A key, and a certificate that it has signed itself. */
function selfSigned(): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'appflux-receivers-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject];
  execFileSync('openssl', [...request, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const pair = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  return pair;
}

export default async function startReceivers(project: TestProject): Promise<() => Promise<void>> {
  const receivers = new Map<string, { answers: ReceiverAnswer[]; received: ReceivedRequest[] }>();
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? '';
    const name = path.split(/[/?]/)[1] ?? '';
    const receiver = receivers.get(name) ?? { answers: [], received: [] };
    receivers.set(name, receiver);
    const body = await buffer(request);
    if (request.method === 'PUT') {
      receiver.answers = JSON.parse(body.toString());
      response.end();
      return;
    }
    if (request.method === 'GET') {
      response.end(JSON.stringify(receiver.received));
      return;
    }
    const { method = '', headers } = request;
    const as = headers as Record<string, string>;
    receiver.received.push({ method, path, headers: as, body: body.toString('base64') });
    const [how = GOOD] = receiver.answers;
    if (receiver.answers.length > 1) receiver.answers.shift();
    answer(how, request, response);
  };
  const server = createServer(receive);
  const untrusted = createTlsServer(selfSigned(), receive);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => untrusted.listen(0, '127.0.0.1', resolve));
  project.provide('receivers', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  project.provide('receiversUntrusted', `https://127.0.0.1:${(untrusted.address() as AddressInfo).port}`);
  return async () => {
    for (const open of [server, untrusted]) {
      open.closeAllConnections();
      await new Promise<void>((resolve) => open.close(() => resolve()));
    }
  };
}
