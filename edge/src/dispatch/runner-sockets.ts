/** The runners of a pool that are connected: hibernating WebSockets, one a runner, tagged with its id. */
import {
  type AttemptRef,
  CLOSE,
  type ExecutorKind,
  HEARTBEAT_MS,
  LEASE_MS,
  type PoolToRunner,
  type RunnerScanner,
} from '@appflux/protocol';
import { attach } from '../limits/attachment.ts';
import { closeQuietly } from '../sockets/close.ts';
import type { OnlineRunner } from './match.ts';

/**
 * A runner that was not heard for so long is not there, whatever TCP believes: its host sleeps, or is gone. Shorter
 * than a lease by one heartbeat: whose lease ran out by silence has been silent here for at least this long, so the
 * deployment that is offered again does not go to the same one once more.
 */
const SILENT_AFTER_MS = LEASE_MS - HEARTBEAT_MS;

/** What the pool remembers of a connection while the object sleeps; the platform allows 16 KB. */
interface Attachment {
  id: string;
  name: string;
  draining: boolean;
  connectedAt: number;
  /** From the runner's `hello`; null until it came. */
  hello: {
    labels: string[];
    slots: number;
    session: string | null;
    running: AttemptRef[];
    scanner?: RunnerScanner | undefined;
    executor?: ExecutorKind | undefined;
  } | null;
}

export interface ConnectedRunner extends OnlineRunner {
  lastSeenAt: number;
  scanner?: RunnerScanner | undefined;
}

export class RunnerSockets {
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
  }

  /** Lets a runner in; its older connection, if it has one, is closed. */
  accept(runner: { id: string; name: string; draining: boolean }): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    for (const older of this.#ctx.getWebSockets(runner.id))
      closeQuietly(older, CLOSE.replaced, 'A newer connection took over');
    this.#ctx.acceptWebSocket(server, [runner.id]);
    const { id, name, draining } = runner;
    attach(server, {
      id,
      name,
      draining,
      connectedAt: Date.now(),
      hello: null,
    } satisfies Attachment);
    this.#send(server, {
      type: 'welcome',
      runnerId: runner.id,
      name: runner.name,
      draining: runner.draining,
    });
    return new Response(null, { status: 101, webSocket: client });
  }

  idOf(ws: WebSocket): string {
    return attached(ws).id;
  }

  /** The runner has said who it is and what it holds. */
  hello(ws: WebSocket, hello: NonNullable<Attachment['hello']>): void {
    attach(ws, { ...attached(ws), hello } satisfies Attachment);
  }

  /** The process of the runner that is connected; null when it did not say, or is not there. */
  sessionOf(runnerId: string): string | null {
    for (const ws of this.#open(runnerId)) {
      const { hello } = attached(ws);
      if (hello !== null) return hello.session;
    }
    return null;
  }

  /** The runners that have said hello and were heard lately. */
  online(): ConnectedRunner[] {
    return this.#open().flatMap((ws) => {
      const { id, name, draining, hello } = attached(ws);
      if (hello === null || this.#isSilent(ws)) return [];
      const { labels, slots, running, scanner, executor } = hello;
      const lastSeenAt = this.#heardAt(ws);
      const busy = running.length;
      return [{ id, name, draining, labels, slots, busy, lastSeenAt, scanner, executor }];
    });
  }

  /** Closes the connections of those who have fallen silent: one that wakes up connects again and says hello. */
  closeSilent(): void {
    for (const ws of this.#open()) {
      if (this.#isSilent(ws)) closeQuietly(ws, CLOSE.goingAway, 'Nothing was heard for too long');
    }
  }

  /** Takes a slot for an attempt; attempt 0 stands for one whose claim is being asked. */
  occupy(runnerId: string, ref: AttemptRef): void {
    this.#changeRunning(runnerId, (running) => [
      ...running.filter((other) => !sameDeployment(other, ref)),
      ref,
    ]);
  }

  /** Frees the slot of an attempt. */
  free(runnerId: string, ref: AttemptRef): void {
    this.#changeRunning(runnerId, (running) =>
      running.filter((other) => !sameDeployment(other, ref) || other.attempt !== ref.attempt),
    );
  }

  send(runnerId: string, frame: PoolToRunner): void {
    for (const ws of this.#open(runnerId)) this.#send(ws, frame);
  }

  setDraining(runnerId: string, draining: boolean): void {
    for (const ws of this.#open(runnerId)) attach(ws, { ...attached(ws), draining } satisfies Attachment);
    this.send(runnerId, { type: 'drain', draining });
  }

  /** Closes a runner's connection for good: its credential is no longer good. */
  revoke(runnerId: string): void {
    for (const ws of this.#open(runnerId)) closeQuietly(ws, CLOSE.unauthorized, 'This runner was removed');
  }

  #open(runnerId?: string): WebSocket[] {
    return this.#ctx.getWebSockets(runnerId).filter((ws) => ws.readyState === WebSocket.OPEN);
  }

  /** When the platform last answered a ping, or the connection was made. */
  #heardAt(ws: WebSocket): number {
    return this.#ctx.getWebSocketAutoResponseTimestamp(ws)?.getTime() ?? attached(ws).connectedAt;
  }

  #isSilent(ws: WebSocket): boolean {
    return Date.now() - this.#heardAt(ws) >= SILENT_AFTER_MS;
  }

  #changeRunning(runnerId: string, change: (running: AttemptRef[]) => AttemptRef[]): void {
    for (const ws of this.#open(runnerId)) {
      const { hello, ...rest } = attached(ws);
      if (hello === null) continue;
      attach(ws, {
        ...rest,
        hello: { ...hello, running: change(hello.running) },
      } satisfies Attachment);
    }
  }

  #send(ws: WebSocket, frame: PoolToRunner): void {
    try {
      ws.send(JSON.stringify(frame));
    } catch {
      // The connection is closing. A grant that is lost here is sent again when the runner comes back.
    }
  }
}

const attached = (ws: WebSocket): Attachment => ws.deserializeAttachment();

const sameDeployment = (a: AttemptRef, b: AttemptRef) => a.deploymentId === b.deploymentId;
