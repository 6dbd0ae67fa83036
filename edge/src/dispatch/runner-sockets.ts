/** The runners of a pool that are connected: hibernating WebSockets, one a runner, tagged with its id. */
import {
  type AnnouncedCapacity,
  type AttemptRef,
  CLOSE,
  type ExecutorKind,
  HEARTBEAT_MS,
  LEASE_MS,
  type PoolToRunner,
  type RunnerDisk,
  type RunnerScanner,
  usableCapacity,
} from '@appflux/protocol';
import { attach } from '../limits/attachment.ts';
import type { RunnerRecord } from '../metadata/metadata.ts';
import { POOL } from '../sockets/allowances.ts';
import { closeQuietly } from '../sockets/close.ts';
import type { AuthenticatedRunner } from '../sockets/runner-header.ts';
import { newestOf, SenderBudget, type Spent, tooManyConnections } from '../sockets/sender-budget.ts';
import type { OnlineRunner } from './match.ts';

/**
 * A runner that was not heard for so long is not there, whatever TCP believes: its host sleeps, or is gone. Shorter
 * than a lease by one heartbeat: whose lease ran out by silence has been silent here for at least this long, so the
 * deployment that is offered again does not go to the same one again.
 */
const SILENT_AFTER_MS = LEASE_MS - HEARTBEAT_MS;

/** What the pool remembers of a connection while the object sleeps; the platform allows 16 KB. */
interface Attachment {
  id: string;
  draining: boolean;
  /** As people have fixed it; what the runner says itself is in `hello`. */
  registered: Registration;
  connectedAt: number;
  /** What its runner has used. Absent in connections that are older than budgets. */
  spent?: Spent;
  /** What the runner has said of its disk. Absent until it did, which those of earlier versions never do. */
  disk?: RunnerDisk;
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

/** What a runner is registered for. */
export type Registration = Pick<RunnerRecord, 'name' | 'labels' | 'slots' | 'executor'>;

/** Labels, slots and executor are those that may be used: what is registered, narrowed by what is announced. */
export interface ConnectedRunner extends OnlineRunner {
  announced: AnnouncedCapacity;
  lastSeenAt: number;
  scanner?: RunnerScanner | undefined;
}

export class RunnerSockets {
  readonly #ctx: DurableObjectState;
  readonly #handedOut: (runnerId: string) => readonly AttemptRef[];

  /** What each runner has used, over all of its connections. */
  readonly #budgets = new Map<string, SenderBudget>();

  /** `handedOut` gives the attempts that are out with a runner, whatever it says that it holds. */
  constructor(ctx: DurableObjectState, handedOut: (runnerId: string) => readonly AttemptRef[]) {
    this.#ctx = ctx;
    this.#handedOut = handedOut;
  }

  /** Lets a runner in; its older connection, if it has one, is closed. */
  accept(runner: AuthenticatedRunner): Response {
    const budget = this.#budgetOf(runner.id);
    const wait = budget.connect(Date.now());
    if (wait > 0) return tooManyConnections(wait);
    const { 0: client, 1: server } = new WebSocketPair();
    for (const older of this.#ctx.getWebSockets(runner.id))
      closeQuietly(older, CLOSE.replaced, 'A newer connection took over');
    this.#ctx.acceptWebSocket(server, [runner.id]);
    const { id, draining } = runner;
    const registered = registrationOf(runner);
    attach(server, {
      id,
      draining,
      registered,
      connectedAt: Date.now(),
      hello: null,
      spent: budget.spent,
    } satisfies Attachment);
    this.#send(server, {
      type: 'welcome',
      runnerId: id,
      name: runner.name,
      draining,
      registered: toldOf(registered),
      accepts: ['disk', 'machine'],
    });
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Uses what a frame costs. False when the runner has sent more than it may: its connection is closed then. */
  spend(ws: WebSocket, units: number, bytes: number): boolean {
    const budget = this.#budgetOf(this.idOf(ws));
    const now = Date.now();
    if (!budget.spend(units, bytes, now)) {
      budget.close(ws, now);
      return false;
    }
    if (budget.takeUnsaved()) attach(ws, { ...attached(ws), spent: budget.spent } satisfies Attachment);
    return true;
  }

  idOf(ws: WebSocket): string {
    return attached(ws).id;
  }

  /** The runner has said who it is and what it holds. Gives what it is registered for from now on. */
  hello(ws: WebSocket, hello: NonNullable<Attachment['hello']>): Registration {
    const { registered, ...rest } = attached(ws);
    const executor = registered.executor ?? hello.executor ?? 'docker';
    const fixed = { ...registered, executor };
    attach(ws, { ...rest, registered: fixed, hello } satisfies Attachment);
    return fixed;
  }

  /** The runner has said how much space its disk has. */
  noteDisk(ws: WebSocket, disk: RunnerDisk): void {
    attach(ws, { ...attached(ws), disk } satisfies Attachment);
  }

  /** What a connected runner is registered for, as far as this pool knows; null when it is not connected. */
  registration(runnerId: string): Registration | null {
    const [ws] = this.#open(runnerId);
    return ws === undefined ? null : attached(ws).registered;
  }

  /** Somebody has changed what a runner is registered for. */
  register(runnerId: string, changed: Registration): void {
    for (const ws of this.#open(runnerId)) {
      const before = attached(ws);
      // What the runner has said just now need not be in its record yet.
      const registered = { ...changed, executor: changed.executor ?? before.registered.executor };
      if (sameRegistration(before.registered, registered)) continue;
      attach(ws, { ...before, registered } satisfies Attachment);
      this.#send(ws, { type: 'registered', registered: toldOf(registered) });
    }
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
      const { id, draining, registered, hello, disk } = attached(ws);
      if (hello === null || this.#isSilent(ws)) return [];
      const { labels, slots, scanner, executor = 'docker' } = hello;
      const announced = { labels, slots, executor };
      const held = [...hello.running, ...this.#handedOut(id)].map(({ deploymentId }) => deploymentId);
      return [
        {
          id,
          name: registered.name,
          draining,
          ...usableCapacity(registered, announced),
          announced,
          refused: labels.filter((label) => !registered.labels.includes(label)),
          busy: new Set(held).size,
          lastSeenAt: this.#heardAt(ws),
          scanner,
          ...(disk === undefined ? {} : { disk }),
        },
      ];
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

  /** Closes a runner's connection permanently: its credential is no longer valid. */
  revoke(runnerId: string): void {
    this.#budgets.delete(runnerId);
    for (const ws of this.#open(runnerId)) closeQuietly(ws, CLOSE.unauthorized, 'This runner was removed');
  }

  /** What a runner has used: as it is stored with its connection, where the object has slept. */
  #budgetOf(runnerId: string): SenderBudget {
    let budget = this.#budgets.get(runnerId);
    if (budget === undefined) {
      const stored = this.#ctx.getWebSockets(runnerId).map((ws) => attached(ws).spent);
      budget = new SenderBudget(POOL, newestOf(stored));
      this.#budgets.set(runnerId, budget);
    }
    return budget;
  }

  #open(runnerId?: string): WebSocket[] {
    return this.#ctx.getWebSockets(runnerId).filter((ws) => ws.readyState === WebSocket.OPEN);
  }

  /** When the platform last answered a ping, or the connection was made. */
  #heardAt(ws: WebSocket): number {
    return this.#ctx.getWebSocketAutoResponseTimestamp(ws)?.getTime() ?? attached(ws).connectedAt;
  }

  #isSilent(ws: WebSocket): boolean {
    // After a jump of the clock, in either direction, the next ping shows that it is there.
    return Math.abs(Date.now() - this.#heardAt(ws)) >= SILENT_AFTER_MS;
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

/** What of a record the pool keeps as its registration. */
export const registrationOf = ({ name, labels, slots, executor }: Registration): Registration => ({
  name,
  labels,
  slots,
  executor,
});

/** What the runner receives of it. Whether it has a sandbox it knows itself. */
const toldOf = ({ name, labels, slots }: Registration) => ({ name, labels, slots });

export const sameRegistration = (a: Registration, b: Registration): boolean =>
  JSON.stringify(registrationOf(a)) === JSON.stringify(registrationOf(b));

const attached = (ws: WebSocket): Attachment => ws.deserializeAttachment();

const sameDeployment = (a: AttemptRef, b: AttemptRef) => a.deploymentId === b.deploymentId;
