/** A WebSocket through the proxy: messages of one side reach the other, as far as faults allow. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { PING, PONG } from '@appflux/protocol';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import { Lane } from './lane.ts';

/** The fate of one message. */
export interface MessageFate {
  readonly delayMs: number;
  /** How often it arrives. */
  readonly copies: number;
}

export interface RelayOptions {
  readonly port: number;
  /** Called for every message. */
  readonly fate: (request: IncomingMessage) => MessageFate;
  readonly onEnd: (relay: Relay) => void;
}

/** The codes of `ws` for a connection that was cut, and one that was closed without a code (RFC 6455 §7.1.5). */
const BROKEN_OFF = 1006;
const WITHOUT_CODE = 1005;

/** Headers of one connection only; `ws` generates its own for the other. */
const OF_THE_HANDSHAKE = /^(?:connection|upgrade|sec-websocket-.*)$/;

const upgrades = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  handleProtocols: (protocols, request) => chosen.get(request) ?? [...protocols][0] ?? false,
});
/** The subprotocol that the edge has chosen for an upgrade. */
const chosen = new WeakMap<IncomingMessage, string>();

export class Relay {
  readonly #client: WebSocket;
  readonly #edge: WebSocket;
  readonly #up = new Lane();
  readonly #down = new Lane();
  readonly #request: IncomingMessage;
  readonly #options: RelayOptions;
  #open = 2;

  private constructor(client: WebSocket, edge: WebSocket, request: IncomingMessage, options: RelayOptions) {
    this.#request = request;
    this.#client = client;
    this.#edge = edge;
    this.#options = options;
    this.#join(client, edge, this.#up);
    this.#join(edge, client, this.#down);
  }

  /** Opens the edge's side, and the client's once the edge has accepted; a refusal is passed on unchanged. */
  static open(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    options: RelayOptions,
    onOpen: (relay: Relay) => void,
  ): void {
    const offered = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? [];
    const headers = Object.fromEntries(
      Object.entries(request.headers).filter(([name]) => !OF_THE_HANDSHAKE.test(name)),
    );
    const edge = new WebSocket(`ws://127.0.0.1:${options.port}${request.url}`, offered, {
      headers,
      perMessageDeflate: false,
    });
    // A client that disconnects meanwhile is noticed when the edge has accepted.
    socket.on('error', () => edge.terminate());
    edge.on('error', () => socket.destroy());
    edge.on('unexpected-response', (_, answer) => {
      socket.end(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\nConnection: close\r\n\r\n`);
      edge.terminate();
    });
    edge.on('open', () => {
      if (edge.protocol !== '') chosen.set(request, edge.protocol);
      upgrades.handleUpgrade(request, socket, head, (client) =>
        onOpen(new Relay(client, edge, request, options)),
      );
    });
  }

  /** Cuts both sides without a close frame, with everything in flight. */
  cut(): void {
    this.#up.close();
    this.#down.close();
    this.#client.terminate();
    this.#edge.terminate();
  }

  /** Neither side receives anything for so long; then everything arrives. */
  stall(forMs: number): void {
    this.#up.stall(forMs);
    this.#down.stall(forMs);
  }

  #join(from: WebSocket, to: WebSocket, lane: Lane): void {
    from.on('error', () => from.terminate());
    from.on('message', (data, isBinary) => {
      const { delayMs, copies } = this.#options.fate(this.#request);
      // A pong is matched to its ping by order, so pings are never repeated.
      const times = isHeartbeat(data) ? 1 : copies;
      for (let n = 0; n < times; n += 1) {
        lane.push(() => {
          if (to.readyState === WebSocket.OPEN) to.send(data, { binary: isBinary });
        }, delayMs);
      }
    });
    from.on('close', (code, reason) => {
      lane.push(() => {
        if (code === BROKEN_OFF) to.terminate();
        else if (code === WITHOUT_CODE) to.close();
        else to.close(code, reason);
      });
      this.#open -= 1;
      if (this.#open === 0) this.#options.onEnd(this);
    });
  }
}

function isHeartbeat(data: RawData): boolean {
  const text = data.toString();
  return text === PING || text === PONG;
}
