/**
 * The connections of a pool's runners, and what is remembered with each while the object sleeps. They are read once, when it
 * wakes; from then on only what changes is written.
 */
import {
  type AttemptRef,
  CLOSE,
  type ExecutorKind,
  HEARTBEAT_MS,
  LEASE_MS,
  type RunnerDisk,
  type RunnerScanner,
} from '@appflux/protocol';
import { attach } from '../limits/attachment.ts';
import type { RunnerRecord } from '../metadata/metadata.ts';
import { closeQuietly } from '../sockets/close.ts';
import type { Spent } from '../sockets/sender-budget.ts';

/** What a runner is registered for. */
export type Registration = Pick<RunnerRecord, 'name' | 'labels' | 'slots' | 'executor'>;

/** The platform allows 16 KB. */
export interface Attachment {
  id: string;
  draining: boolean;
  /** As people have fixed it; what the runner says itself is in `hello`. */
  registered: Registration;
  connectedAt: number;
  /** What its runner has used. Absent in connections that are older than budgets. */
  spent?: Spent;
  /** What the runner has said of its disk. Absent until it did, which those of earlier versions never do. */
  disk?: RunnerDisk;
  /** Whether the runner takes pictures of sites. Absent until it has said so, which those of earlier versions never do. */
  takesPictures?: boolean;
  /** What the runner does besides building. Absent until it said so. */
  features?: string[];
  /** Whether the runner takes no more builds, because it is about to end. */
  isLeaving?: boolean;
  /** From the runner's `hello`; null until it came. */
  hello: Hello | null;
}

export interface Hello {
  labels: string[];
  slots: number;
  session: string | null;
  running: AttemptRef[];
  scanner?: RunnerScanner | undefined;
  executor?: ExecutorKind | undefined;
}

/** A runner's connection. What is attached to it is read once. */
export class Connection {
  readonly ws: WebSocket;
  #attached: Attachment;

  private constructor(ws: WebSocket, attached: Attachment) {
    this.ws = ws;
    this.#attached = attached;
  }

  /** One that was accepted before the object slept. */
  static resumed(ws: WebSocket): Connection {
    return new Connection(ws, ws.deserializeAttachment());
  }

  static opened(ws: WebSocket, attached: Attachment): Connection {
    attach(ws, attached);
    return new Connection(ws, attached);
  }

  get attached(): Attachment {
    return this.#attached;
  }

  get isOpen(): boolean {
    return this.ws.readyState === WebSocket.OPEN;
  }

  change(change: Partial<Attachment>): void {
    const attached = { ...this.#attached, ...change };
    attach(this.ws, attached);
    this.#attached = attached;
  }
}

/**
 * A runner that was not heard for so long is not there, whatever TCP believes: its host sleeps, or is gone. Shorter
 * than a lease by one heartbeat: whose lease ran out by silence has been silent here for at least this long, so the
 * deployment that is offered again does not go to the same one again.
 */
const SILENT_AFTER_MS = LEASE_MS - HEARTBEAT_MS;

export class Connections {
  readonly #ctx: DurableObjectState;
  readonly #known = new WeakMap<WebSocket, Connection>();
  /** The latest connection of each runner, whether or not it has said hello. */
  readonly #latest = new Map<string, Connection>();

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    const open = ctx
      .getWebSockets()
      .map((ws) => this.of(ws))
      .filter(({ isOpen }) => isOpen)
      .sort((a, b) => a.attached.connectedAt - b.attached.connectedAt);
    for (const connection of open) this.#latest.set(connection.attached.id, connection);
  }

  of(ws: WebSocket): Connection {
    const known = this.#known.get(ws);
    if (known !== undefined) return known;
    const connection = Connection.resumed(ws);
    this.#known.set(ws, connection);
    return connection;
  }

  /** Accepts a connection; the older ones of its runner are closed. */
  accept(ws: WebSocket, attached: Attachment): void {
    for (const older of this.#ctx.getWebSockets(attached.id))
      closeQuietly(older, CLOSE.replaced, 'A newer connection took over');
    this.#ctx.acceptWebSocket(ws, [attached.id]);
    const connection = Connection.opened(ws, attached);
    this.#known.set(ws, connection);
    // Last in the order, as one that comes.
    this.#latest.delete(attached.id);
    this.#latest.set(attached.id, connection);
  }

  /** A connection has ended. False if its runner has a newer one. */
  forget(ws: WebSocket): boolean {
    const { id } = this.of(ws).attached;
    return this.#latest.get(id)?.ws === ws && this.#latest.delete(id);
  }

  get size(): number {
    return this.#latest.size;
  }

  all(): Connection[] {
    return [...this.#latest.values()];
  }

  get(runnerId: string): Connection | undefined {
    return this.#latest.get(runnerId);
  }

  /** The connection of a runner if it can be written to. */
  openOf(runnerId: string): Connection | undefined {
    const connection = this.#latest.get(runnerId);
    return connection?.isOpen === true ? connection : undefined;
  }

  /** What is stored of what a runner has used, with each of its connections. */
  spentBy(runnerId: string): (Spent | undefined)[] {
    return this.#ctx.getWebSockets(runnerId).map((ws) => this.of(ws).attached.spent);
  }

  /** When the platform last answered a ping, or the connection was made. */
  heardAt({ ws, attached }: Connection): number {
    return this.#ctx.getWebSocketAutoResponseTimestamp(ws)?.getTime() ?? attached.connectedAt;
  }

  /** Whether a connection is open, and something was heard on it lately. */
  isThere(connection: Connection): boolean {
    // After a jump of the clock, in either direction, the next ping shows that it is there.
    return connection.isOpen && Math.abs(Date.now() - this.heardAt(connection)) < SILENT_AFTER_MS;
  }
}

/** What of a record the pool keeps as its registration. */
export const registrationOf = ({ name, labels, slots, executor }: Registration): Registration => ({
  name,
  labels,
  slots,
  executor,
});

export const sameRegistration = (a: Registration, b: Registration): boolean =>
  JSON.stringify(registrationOf(a)) === JSON.stringify(registrationOf(b));
