/** CONNECT: a tunnel to an allowed host, which only TLS that names this host, or plain HTTP to it, may go through. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Gate } from './gate.ts';
import type { Ledger } from './ledger.ts';
import { Refusal, shown } from './refusal.ts';
import { readHello } from './server-name.ts';
import { authorityOf, parseAuthority, type Target } from './target.ts';

export const TUNNEL_ANSWER = 'HTTP/1.1 200 Connection Established\r\n\r\n';

export interface TunnelTimeouts {
  /** From the answer to CONNECT until the client's first message is there. */
  readonly helloMs: number;
  /** Without a byte in either direction. */
  readonly idleMs: number;
  /** The same, once one side has said that it will send no more. */
  readonly halfOpenMs: number;
}

export interface TunnelContext {
  readonly gate: Gate;
  readonly ledger: Ledger;
  readonly timeouts: TunnelTimeouts;
  /** Serves a tunnel that turned out to carry plain HTTP. */
  readonly serveHttp: (client: Socket, target: Target) => void;
}

/**
 * Serves one CONNECT request (RFC 9110 §9.3.6). `head` is what the client sent right behind it.
 * @throws {Refusal} before the request was answered: then the caller answers.
 */
export async function serveTunnel(
  request: IncomingMessage,
  client: Socket,
  head: Buffer,
  context: TunnelContext,
): Promise<void> {
  const { gate, ledger, timeouts } = context;
  const target = parseAuthority(request.url ?? '');
  if (target === null) throw new Refusal('malformed', shown(request.url ?? ''));
  if (head.length > 0) client.unshift(head);

  const upstream = await gate.open(target);
  ledger.request(authorityOf(target));
  if (client.destroyed) {
    upstream.destroy();
    return;
  }
  const part = closeTogether(client, upstream);
  client.write(TUNNEL_ANSWER);
  try {
    const first = await firstBytes(client, target, timeouts.helloMs);
    if (first === null) {
      upstream.destroy();
    } else if (first.kind === 'http') {
      part();
      upstream.destroy();
      client.unshift(first.bytes);
      context.serveHttp(client, target);
    } else {
      upstream.write(first.bytes);
      splice(client, upstream, timeouts);
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    // The tunnel stands: no answer can be given in it any more but its end.
    ledger.refuse(error);
    client.destroy();
    upstream.destroy();
  }
}

/**
 * What a client sends first, once it is known what it is. Null if it left before that.
 * @throws {Refusal} if it is neither HTTP nor TLS that names the target.
 */
async function firstBytes(
  client: Socket,
  target: Target,
  patienceMs: number,
): Promise<{ readonly kind: 'tls' | 'http'; readonly bytes: Buffer } | null> {
  const subject = authorityOf(target);
  const timer = setTimeout(() => client.destroy(), patienceMs);
  try {
    let bytes = Buffer.alloc(0);
    let needed = 1;
    for (;;) {
      const chunk = await nextChunk(client);
      if (chunk === null) return null;
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length < needed) continue;
      const hello = readHello(bytes);
      if (hello.kind === 'incomplete') {
        needed = hello.needed;
      } else if (hello.kind === 'tls') {
        if (!namesTarget(hello.serverName, target)) {
          const named = hello.serverName === null ? 'no name' : shown(hello.serverName);
          throw new Refusal('other_server_name', subject, named);
        }
        return { kind: 'tls', bytes };
      } else if (/^[A-Z]/.test(bytes.toString('latin1', 0, 1))) {
        return { kind: 'http', bytes };
      } else {
        throw new Refusal('not_web_traffic', subject);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

/** An address is not sent as a server name (RFC 6066 §3), so a tunnel to one must name nothing. */
function namesTarget(serverName: string | null, target: Target): boolean {
  return target.literal ? serverName === null : serverName === target.host;
}

/** What arrived next, or null at the end. Nothing is read ahead: the rest stays in the socket. */
function nextChunk(socket: Socket): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const settle = (chunk: Buffer | null): void => {
      socket.removeListener('readable', onReadable);
      socket.removeListener('end', onEnd);
      socket.removeListener('close', onEnd);
      resolve(chunk);
    };
    const onReadable = (): void => {
      const chunk: Buffer | null = socket.read();
      if (chunk !== null) settle(chunk);
    };
    const onEnd = (): void => settle(null);
    if (socket.destroyed || socket.readableEnded) {
      resolve(null);
      return;
    }
    socket.on('readable', onReadable);
    socket.on('end', onEnd);
    socket.on('close', onEnd);
    onReadable();
  });
}

/**
 * Lets a side that fails take the other with it. After a regular end what is still on its way to the other side is let
 * out, within the time that `splice` sets. Gives a function that undoes the bond.
 */
function closeTogether(client: Socket, upstream: Socket): () => void {
  const onClientClose = (): void => {
    if (!client.readableEnded) upstream.destroy();
  };
  const onUpstreamClose = (): void => {
    if (!upstream.readableEnded) client.destroy();
  };
  client.on('close', onClientClose);
  upstream.on('close', onUpstreamClose);
  return () => {
    client.removeListener('close', onClientClose);
    upstream.removeListener('close', onUpstreamClose);
  };
}

/** Passes bytes both ways until both sides are done, one has failed, or nothing moved for too long. */
function splice(client: Socket, upstream: Socket, timeouts: TunnelTimeouts): void {
  const destroyBoth = (): void => {
    client.destroy();
    upstream.destroy();
  };
  for (const socket of [client, upstream]) {
    socket.setTimeout(timeouts.idleMs, destroyBoth);
    socket.once('end', () => {
      client.setTimeout(timeouts.halfOpenMs);
      upstream.setTimeout(timeouts.halfOpenMs);
    });
  }
  client.pipe(upstream);
  upstream.pipe(client);
}
