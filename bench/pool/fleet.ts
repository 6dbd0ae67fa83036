/** Many runners of one pool, each with its own socket: the runner's real connection, without anything that builds. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ReconnectingSocket, SOCKET_TIMING } from '../../runner/src/agent/reconnecting-socket.ts';
import { credentialOf } from './credential.ts';

/** So many connections are opened at the same time at first. */
const AT_ONCE = 50;

interface Frame {
  readonly type: string;
  readonly returnWithinMs?: number;
  readonly grant?: { readonly deploymentId: string; readonly attempt: number };
}

export class Fleet {
  readonly #url: string;
  readonly #sockets: ReconnectingSocket[] = [];
  /** What runners hold and have not ended, by their numbers. */
  readonly #held = new Map<number, NonNullable<Frame['grant']>>();
  readonly #granted = new Set<string>();
  readonly #connected = new Set<number>();
  /** Grants so far, and how many of them were of a deployment that was granted before. */
  grants = 0;
  doubled = 0;
  isWorking = false;
  /** How often connections were lost, or could not be made, by the reason. */
  readonly losses = new Map<string, number>();

  constructor(url: string) {
    this.#url = url;
  }

  get connected(): number {
    return this.#connected.size;
  }

  get holding(): number {
    return this.#held.size;
  }

  /** Connects runners until there are so many. */
  async grow(count: number): Promise<void> {
    while (this.#sockets.length < count) {
      const { length } = this.#sockets;
      for (let n = length; n < Math.min(length + AT_ONCE, count); n += 1) this.#add(n);
      await this.until(() => this.connected >= this.#sockets.length, 'runners connect');
    }
  }

  /** Lets runners end what they hold and take more, until there have been so many grants; it ends when each holds another job. */
  async work(grants: number): Promise<void> {
    const target = this.grants + grants;
    this.isWorking = true;
    this.release();
    await this.until(() => this.grants >= target, 'jobs are granted');
    this.isWorking = false;
    await this.until(() => this.#held.size === this.#sockets.length, 'all runners have a job');
  }

  /** All runners end what they hold. */
  release(): void {
    for (const number of [...this.#held.keys()]) this.#free(number);
  }

  async until(isTrue: () => boolean, what: string, withinMs = 300_000): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!isTrue()) {
      if (performance.now() > deadline) {
        const losses = [...this.losses].map(([loss, count]) => `${count} × ${loss}`).join('; ');
        throw new Error(`waited in vain until ${what}; ${this.connected} are connected; lost: ${losses}`);
      }
      await sleep(20);
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.close(1000, 'done');
  }

  #add(number: number): void {
    const socket: ReconnectingSocket = new ReconnectingSocket({
      url: new URL('/api/pool/connect', this.#url),
      headers: { authorization: `Bearer ${credentialOf(number)}` },
      timing: { ...SOCKET_TIMING, deadAfterMs: 60_000, handshakeMs: 60_000 },
      onOpen: () => {
        const held = this.#held.get(number);
        const running =
          held === undefined ? [] : [{ deploymentId: held.deploymentId, attempt: held.attempt }];
        const hello = { type: 'hello', version: '0.1.0', labels: ['linux', 'x64'], slots: 1, running };
        socket.send(JSON.stringify({ ...hello, session: `session-${number}` }));
      },
      onMessage: (text) => this.#take(number, socket, JSON.parse(text)),
      onLoss: ({ code, status, reason }) => {
        this.#connected.delete(number);
        const loss = `${code ?? status ?? ''} ${reason}`;
        this.losses.set(loss, (this.losses.get(loss) ?? 0) + 1);
        return 'retry';
      },
    });
    this.#sockets.push(socket);
    socket.start();
  }

  #take(number: number, socket: ReconnectingSocket, frame: Frame): void {
    if (frame.type === 'welcome') {
      socket.settled(frame.returnWithinMs);
      this.#connected.add(number);
    }
    if (frame.type !== 'grant' || frame.grant === undefined) return;
    const { deploymentId, attempt } = frame.grant;
    socket.send(JSON.stringify({ type: 'accepted', deploymentId, attempt }));
    // The same grant again, because it may have been lost with a connection, is none of another.
    if (this.#held.get(number)?.deploymentId === deploymentId) return;
    this.grants += 1;
    if (this.#granted.has(deploymentId)) this.doubled += 1;
    this.#granted.add(deploymentId);
    this.#held.set(number, { deploymentId, attempt });
    if (this.isWorking) this.#free(number);
  }

  #free(number: number): void {
    const held = this.#held.get(number);
    if (held === undefined) return;
    const { deploymentId, attempt } = held;
    if (this.#sockets[number]?.send(JSON.stringify({ type: 'freed', deploymentId, attempt })) === true)
      this.#held.delete(number);
  }
}
