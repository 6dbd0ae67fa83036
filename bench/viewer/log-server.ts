/**
 * A server in front of an instance that answers for one log itself. A log of a million lines is larger than an instance
 * keeps, so the bench adds it here, in the forms in which an instance answers.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { gzipSync } from 'node:zlib';
import type { LogLine, LogOutline, LogPage } from '@appflux/protocol';
import { longText } from './lines.ts';

const AT = '2026-11-01T12:00:00.000Z';

const lineOf = (seq: number): LogLine => ({
  seq,
  at: AT,
  stream: 'stdout',
  phase: 'building',
  text: longText(seq),
});

export class LogServer {
  readonly #server: Server;
  readonly #lines: number;
  readonly #packed: Buffer;
  /** The port of the instance. */
  port = 0;
  /** The deployment whose log is answered here. */
  deploymentId: string | null = null;

  private constructor(lines: number) {
    this.#lines = lines;
    this.#packed = packed(lines);
    this.#server = createServer((incoming, answer) => this.#answer(incoming, answer));
    this.#server.on('upgrade', (incoming, socket, head) => this.#upgrade(incoming, socket, head));
  }

  /** Starts a server on loopback, with a log of so many lines. */
  static async start(lines: number): Promise<LogServer> {
    const server = new LogServer(lines);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(incoming: IncomingMessage, answer: ServerResponse): void {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', this.url);
    const logs = `/api/deployments/${this.deploymentId}/logs`;
    if (pathname === `${logs}.ndjson`) {
      answer.writeHead(200, {
        'Content-Type': 'application/x-ndjson; charset=utf-8',
        'Content-Encoding': 'gzip',
      });
      answer.end(this.#packed);
    } else if (pathname === `${logs}/outline`) answerJson(answer, this.#outline());
    else if (pathname === logs)
      answerJson(
        answer,
        this.#page(Number(searchParams.get('after')), Number(searchParams.get('limit') ?? 1000)),
      );
    else this.#pass(incoming, answer);
  }

  #outline(): LogOutline {
    const section = { phase: 'building', firstSeq: 1, lines: this.#lines, from: AT, to: AT } as const;
    return { sections: [section], lastSeq: this.#lines, longest: 80 };
  }

  #page(after: number, limit: number): LogPage {
    const length = Math.max(0, Math.min(limit, this.#lines - after));
    const items = Array.from({ length }, (_, index) => lineOf(after + 1 + index));
    return { items, lastSeq: this.#lines, ended: true };
  }

  /** Passes a WebSocket on, as it is. */
  #upgrade({ method, url, rawHeaders }: IncomingMessage, socket: Duplex, head: Buffer): void {
    const onward = connect(this.port, '127.0.0.1');
    const headers = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
    onward.write(`${method} ${url} HTTP/1.1\r\n${headers}\r\n`);
    onward.write(head);
    // Either end may close the connection at any moment; the other one is then closed, too.
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      one.on('error', () => other.destroy());
      one.pipe(other);
    }
  }

  #pass(incoming: IncomingMessage, answer: ServerResponse): void {
    const { method, url, headers } = incoming;
    const onward = request({ host: '127.0.0.1', port: this.port, method, path: url, headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    // A page that is closed ends its requests.
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  }
}

/** The log as it is stored. */
function packed(lines: number): Buffer {
  const pieces: string[] = [];
  for (let seq = 1; seq <= lines; seq += 1) pieces.push(JSON.stringify(lineOf(seq)));
  return gzipSync(`${pieces.join('\n')}\n`);
}

function answerJson(answer: ServerResponse, value: unknown): void {
  answer.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}
