/**
 * A proxy between all clients and the edge, on the loopback interface, that passes HTTP and WebSockets on: late,
 * twice, or not at all. URLs and the Host header stay unchanged, so that signed requests remain valid.
 */
import { createServer, type IncomingMessage, request as requestOf, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import type { Random } from './random.ts';
import { type MessageFate, Relay } from './relay.ts';

/** What can happen to a request. */
type RequestFate = 'through' | 'unavailable' | 'reset' | 'broken-off' | 'answer-lost';

const STORAGE_FATES: readonly RequestFate[] = ['unavailable', 'reset', 'broken-off', 'answer-lost'];

/** After this many consecutive faults a caller that retries gets through. */
const MOST_IN_A_ROW = 3;

/** Headers that belong to one connection only (RFC 9110 §7.6.1). */
const OF_THE_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection']);

/** A fault that hits a share of the traffic, until a moment of the monotonic clock. */
interface Spell {
  readonly share: number;
  readonly until: number;
}

const NEVER: Spell = { share: 0, until: 0 };

export class FaultProxy {
  readonly #random: Random;
  readonly #server = createServer((request, response) => this.#request(request, response));
  readonly #relays = new Set<Relay>();
  readonly #failuresInARow = new Map<string, number>();
  #storage = NEVER;
  #answers = NEVER;
  #repeats = NEVER;
  #delays: Spell & { readonly upToMs?: number } = NEVER;
  /** The port of the real edge. */
  target = 0;
  /** How often each fault has hit something. */
  readonly hits = new Map<string, number>();

  private constructor(random: Random) {
    this.#random = random;
    this.#server.on('upgrade', (request, socket, head) => {
      Relay.open(
        request,
        socket,
        head,
        {
          port: this.target,
          fate: ({ url }) => this.#messageFate(url ?? ''),
          onEnd: (relay) => this.#relays.delete(relay),
        },
        (relay) => this.#relays.add(relay),
      );
    });
  }

  static async start(random: Random): Promise<FaultProxy> {
    const proxy = new FaultProxy(random);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  /** The URL of the edge through this proxy. */
  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts a share of the open WebSockets. */
  cutSockets(share: number): void {
    for (const relay of this.#some(share, 'sockets cut')) relay.cut();
  }

  /** Holds back everything in a share of the WebSockets for so long. */
  stallSockets(share: number, forMs: number): void {
    for (const relay of this.#some(share, 'sockets stalled')) relay.stall(forMs);
  }

  /** For so long, each message is up to `upToMs` late. */
  delayMessages(upToMs: number, forMs: number): void {
    this.#delays = { ...spell(1, forMs), upToMs };
  }

  /** For so long, a share of the messages arrives twice. */
  repeatMessages(share: number, forMs: number): void {
    this.#repeats = spell(share, forMs);
  }

  /** For so long, a share of the writes to storage fails in one way or another. */
  failStorage(share: number, forMs: number): void {
    this.#storage = spell(share, forMs);
  }

  /** For so long, a share of the API calls is carried out without an answer. */
  loseAnswers(share: number, forMs: number): void {
    this.#answers = spell(share, forMs);
  }

  /** From now on everything passes. */
  heal(): void {
    this.#storage = NEVER;
    this.#answers = NEVER;
    this.#repeats = NEVER;
    this.#delays = NEVER;
  }

  async close(): Promise<void> {
    for (const relay of this.#relays) relay.cut();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #some(share: number, what: string): Relay[] {
    const hit = [...this.#relays].filter(() => this.#random.chance(share));
    this.#count(what, hit.length);
    return hit;
  }

  #count(what: string, times = 1): void {
    this.hits.set(what, (this.hits.get(what) ?? 0) + times);
  }

  #strikes({ share, until }: Spell): boolean {
    return performance.now() < until && this.#random.chance(share);
  }

  #messageFate(url: string): MessageFate {
    const late = this.#strikes(this.#delays);
    // Runners and edge may repeat a message if they are not sure; messages to a viewer are never repeated.
    const twice = !url.includes('/logs/live') && this.#strikes(this.#repeats);
    if (late) this.#count('messages delayed');
    if (twice) this.#count('messages repeated');
    return { delayMs: late ? this.#random.int(0, this.#delays.upToMs ?? 0) : 0, copies: twice ? 2 : 1 };
  }

  #requestFate(request: IncomingMessage): RequestFate {
    const { method = '', url = '' } = request;
    const isStorage = url.includes('/r2/s3/');
    const fails = isStorage
      ? method !== 'GET' && method !== 'HEAD' && this.#strikes(this.#storage)
      : url.startsWith('/api/') && this.#strikes(this.#answers);
    // The parts of an upload go to one path, and in parallel.
    const [path = ''] = url.split('?');
    const what = `${method} ${path} ${/[?&]partNumber=(\d+)/.exec(url)?.[1] ?? ''}`;
    const inARow = this.#failuresInARow.get(what) ?? 0;
    const fate = !fails || inARow >= MOST_IN_A_ROW ? 'through' : this.#failure(request, isStorage);
    this.#failuresInARow.set(what, fate === 'through' ? 0 : inARow + 1);
    if (fate !== 'through') this.#count(`${isStorage ? 'storage' : 'API'}: ${fate}`);
    return fate;
  }

  #failure({ method, url = '' }: IncomingMessage, isStorage: boolean): RequestFate {
    if (!isStorage) return 'answer-lost';
    // A multipart upload whose id was lost can't be aborted by anyone; R2 drops it after seven days.
    const begins = method === 'POST' && /[?&]uploads(?:=|&|$)/.test(url);
    return this.#random.pick(STORAGE_FATES.filter((fate) => !(begins && fate === 'answer-lost')));
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const fate = this.#requestFate(request);
    if (fate === 'unavailable') {
      request.resume();
      response.writeHead(503, { 'content-type': 'text/plain' }).end('Slow down');
    } else if (fate === 'reset') {
      request.socket.resetAndDestroy();
    } else {
      this.#forward(request, response, fate);
    }
  }

  #forward(request: IncomingMessage, response: ServerResponse, fate: RequestFate): void {
    const upstream = requestOf({
      host: '127.0.0.1',
      port: this.target,
      method: request.method,
      path: request.url,
      headers: passedOn(request.rawHeaders),
      setHost: false,
      agent: false,
    });
    // A failing pipeline detaches the socket from its request.
    const { socket } = request;
    const breakOff = () => {
      upstream.destroy();
      socket.destroy();
    };
    if (fate === 'broken-off') request.once('data', breakOff).once('end', breakOff);
    // Either side may disconnect at any moment; the other side's connection is then cut.
    upstream.on('error', breakOff);
    upstream.on('response', (answer) => {
      if (fate === 'answer-lost') {
        answer.resume().once('close', breakOff);
        return;
      }
      // The caller may have disconnected by now; a pipeline into a closed stream throws.
      if (response.destroyed) {
        breakOff();
        return;
      }
      response.writeHead(answer.statusCode ?? 502, passedOn(answer.rawHeaders));
      pipeline(answer, response, (error) => {
        if (error) breakOff();
      });
    });
    pipeline(request, upstream, (error) => {
      if (error) breakOff();
    });
  }
}

function spell(share: number, forMs: number): Spell {
  return { share, until: performance.now() + forMs };
}

/** Names and values alternately, as Node represents them, without those of the connection. */
function passedOn(raw: readonly string[]): string[] {
  return raw.filter((_, index) => !OF_THE_CONNECTION.has((raw[index - (index % 2)] ?? '').toLowerCase()));
}
