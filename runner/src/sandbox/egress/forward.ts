/** Plain HTTP to an allowed host: each request is parsed, checked and serialized again, never passed on as bytes. */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Gate } from './gate.ts';
import { endToEndFields } from './headers.ts';
import type { Ledger } from './ledger.ts';
import { Refusal } from './refusal.ts';
import { authorityOf, type Target } from './target.ts';

export interface ForwardContext {
  readonly gate: Gate;
  readonly ledger: Ledger;
  /** Without a byte in either direction, in milliseconds. */
  readonly idleMs: number;
}

/**
 * Sends one request to `target`, over a connection of its own, and its answer back. The Host field is the target's,
 * whatever the request said (RFC 9112 §3.2.2): a host that answers for many names must not be asked for another.
 * @throws {Refusal} before the answer has begun. An answer that breaks off later is broken off for the client, too.
 */
export async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
  path: string,
  { gate, ledger, idleMs }: ForwardContext,
): Promise<void> {
  const subject = authorityOf(target);
  const socket = await gate.open(target);
  ledger.request(subject);
  socket.setTimeout(idleMs, () => socket.destroy(new Error(`${subject} stopped responding`)));

  const chunked = request.headers['transfer-encoding'] !== undefined;
  const upstream = httpRequest({
    createConnection: () => socket,
    method: request.method,
    path,
    setHost: false,
    headers: [
      ['Host', target.port === 80 ? subject.replace(/:80$/, '') : subject],
      ...endToEndFields(request, 'host'),
      ...(chunked ? [['Transfer-Encoding', 'chunked']] : []),
      ['Connection', 'close'],
    ].flat(),
  });
  response.once('close', () => upstream.destroy());
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once('response', resolve);
    // `on`: it may fail again after the answer has come, and then for nobody to hear.
    upstream.on('error', reject);
    // A 101 would turn the connection into something else; the Upgrade field was not sent on, so none is due.
    upstream.once('upgrade', (_answer, upgraded) => {
      upgraded.destroy();
      reject(new Error('an unrequested upgrade'));
    });
  });
  // The request's body may fail because the answer came early or the client left: the answer tells, or its absence does.
  pipeline(request, upstream).catch(() => upstream.destroy());
  let answer: IncomingMessage;
  try {
    answer = await answered;
  } catch (error) {
    throw new Refusal('not_reached', subject, null, error);
  }
  response.writeHead(answer.statusCode ?? 502, endToEndFields(answer).flat());
  await pipeline(answer, response);
}
