/** An outbound WebSocket that reconnects forever. Both of the runner's connections use it. */
import type { IncomingHttpHeaders } from 'node:http';
import { type ErrorBody, HEARTBEAT_MS, PING, PONG } from '@appflux/protocol';
import { WebSocket } from 'ws';
import { askedWait, type BackoffPolicy, fullJitter, returnPolicy } from '../backoff.ts';
import { Heartbeat } from './heartbeat.ts';
import { readRefusal } from './refusal.ts';

/** Why a connection ended, or could not be made. */
export interface Loss {
  /** The close code (RFC 6455 §7.4); undefined when the connection was never open. */
  readonly code: number | undefined;
  /** The HTTP status with which the upgrade was refused, if it was. */
  readonly status: number | undefined;
  readonly reason: string;
  /** What the refusal of an upgrade says, if it is AppFlux's own. */
  readonly refusal?: ErrorBody['error'] | undefined;
  /** How long the other side asked to wait, in milliseconds, if it did. */
  readonly askedWaitMs?: number;
}

export interface SocketTiming {
  readonly heartbeatMs: number;
  /** Silence after a ping that means a dead connection, in milliseconds. */
  readonly deadAfterMs: number;
  /** How long an upgrade may take, in milliseconds. */
  readonly handshakeMs: number;
  readonly backoff: BackoffPolicy;
}

export const SOCKET_TIMING: SocketTiming = {
  heartbeatMs: HEARTBEAT_MS,
  deadAfterMs: 6000,
  handshakeMs: 5000,
  backoff: { baseMs: 500, capMs: 15_000 },
};

/** The same for an instance on this machine, which starts together with the runner, and is restarted within seconds. */
export const LOCAL_SOCKET_TIMING: SocketTiming = {
  ...SOCKET_TIMING,
  backoff: { baseMs: 100, capMs: 500 },
};

export interface SocketOptions {
  /** An http(s) or ws(s) address. */
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly timing: SocketTiming;
  readonly onOpen: () => void;
  /** Reads the headers of the answer that opens the connection. Gives why it is not wanted, or null. */
  readonly refuse?: (headers: IncomingHttpHeaders) => ErrorBody['error'] | null;
  readonly onMessage: (text: string) => void;
  /** Decides what follows a loss. */
  readonly onLoss: (loss: Loss) => 'retry' | 'stop';
  readonly onPing?: () => void;
  readonly onPong?: () => void;
}

/** How long to wait after the other side was refused, in milliseconds: it may have been upgraded by then. */
const REFUSED_WAIT_MS = 60_000;

/** Frames of ours are far smaller; a grant with many long variables is the largest. */
const MAX_INCOMING_BYTES = 16 * 1024 * 1024;

/** Keeps a connection: pings it, detects that it is dead, and reconnects after growing, jittered waits. */
export class ReconnectingSocket {
  readonly #options: SocketOptions;
  readonly #heartbeat: Heartbeat;
  #socket: WebSocket | undefined;
  #retry: NodeJS.Timeout | undefined;
  #failures = 0;
  #returnWithinMs = 0;
  #closed = false;

  constructor(options: SocketOptions) {
    this.#options = options;
    this.#heartbeat = new Heartbeat({
      intervalMs: options.timing.heartbeatMs,
      timeoutMs: options.timing.deadAfterMs,
      ping: () => {
        options.onPing?.();
        this.send(PING);
      },
      dead: () => this.#lose(this.#socket, { code: undefined, status: undefined, reason: 'no sign of life' }),
    });
  }

  /** Connects, and reconnects until it is closed. */
  start() {
    if (!this.#closed && this.#socket === undefined) this.#connect();
  }

  /**
   * The connection works: the next loss starts with a short wait again. Waits are random ones within `returnWithinMs`, if that
   * is longer: a deploy of the edge drops the connections of all runners together.
   */
  settled(returnWithinMs = 0) {
    this.#failures = 0;
    this.#returnWithinMs = returnWithinMs;
  }

  /** Sends a frame. False, without sending it, when no connection is open. */
  send(frame: string): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    // An error here is followed by `close`, which is where losses are handled.
    this.#socket.send(frame, () => undefined);
    return true;
  }

  /** Closes the connection permanently. */
  close(code: number, reason: string) {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#heartbeat.stop();
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    silence(socket);
    if (socket.readyState === WebSocket.OPEN) socket.close(code, reason);
    else socket.terminate();
  }

  #connect() {
    const { url, headers, timing } = this.#options;
    const socket = new WebSocket(socketUrl(url), {
      headers,
      handshakeTimeout: timing.handshakeMs,
      maxPayload: MAX_INCOMING_BYTES,
      perMessageDeflate: false,
    });
    this.#socket = socket;
    socket.on('open', () => {
      this.#options.onOpen();
      this.#heartbeat.start();
    });
    socket.on('message', (data) => this.#take(data.toString()));
    let cause = 'the connection failed';
    socket.on('error', (error) => {
      cause = error.message;
    });
    socket.on('upgrade', ({ headers: answered }) => {
      const refusal = this.#options.refuse?.(answered) ?? null;
      if (refusal === null) return;
      const loss = { code: undefined, status: undefined, reason: refusal.message };
      this.#lose(socket, { ...loss, refusal, askedWaitMs: REFUSED_WAIT_MS });
    });
    socket.on('unexpected-response', async (request, response) => {
      const status = response.statusCode;
      const askedWaitMs = askedWait(response.headers['retry-after']);
      const refusal = await readRefusal(response, timing.handshakeMs);
      request.destroy();
      this.#lose(socket, {
        code: undefined,
        status,
        reason: `refused with status ${status}`,
        refusal,
        askedWaitMs,
      });
    });
    socket.on('close', (code, reason) =>
      this.#lose(socket, {
        code: code === BROKEN_OFF ? undefined : code,
        status: undefined,
        reason: reason.toString() || cause,
      }),
    );
  }

  #take(text: string) {
    this.#heartbeat.alive();
    if (text === PONG) this.#options.onPong?.();
    else this.#options.onMessage(text);
  }

  #lose(socket: WebSocket | undefined, loss: Loss) {
    if (socket === undefined || socket !== this.#socket) return;
    this.#heartbeat.stop();
    this.#socket = undefined;
    silence(socket);
    socket.terminate();
    if (this.#options.onLoss(loss) === 'stop') this.#closed = true;
    if (this.#closed) return;
    const policy = returnPolicy(this.#options.timing.backoff, this.#returnWithinMs);
    const wait = (loss.askedWaitMs ?? 0) + fullJitter(this.#failures, policy);
    this.#retry = setTimeout(() => this.#connect(), wait);
    this.#failures += 1;
  }
}

/** What `ws` reports as the code of a connection that broke off or was never made (RFC 6455 §7.1.5). */
const BROKEN_OFF = 1006;

/** Detaches from an abandoned socket, whose late errors must neither count nor crash the process. */
function silence(socket: WebSocket) {
  socket.removeAllListeners();
  socket.on('error', () => undefined);
}

function socketUrl(url: URL): URL {
  const result = new URL(url);
  result.protocol = url.protocol.replace(/^http/, 'ws');
  return result;
}
