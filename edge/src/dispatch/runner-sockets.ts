/**
 * The runners of a pool that are connected: hibernating WebSockets, one a runner, tagged with its id. They are read once,
 * when the object wakes; from then on this and the roster change with each event, and only what changes is written.
 */
import { type AttemptRef, CLOSE, PICTURES, type PoolToRunner, type RunnerDisk } from '@appflux/protocol';
import type { Looker } from '../look/choose.ts';
import type { Photographer } from '../pictures/decide.ts';
import { POOL } from '../sockets/allowances.ts';
import { closeQuietly } from '../sockets/close.ts';
import type { AuthenticatedRunner } from '../sockets/runner-header.ts';
import { newestOf, SenderBudget, tooManyConnections } from '../sockets/sender-budget.ts';
import { type ConnectedRunner, connectedRunner, onlineRunner } from './connected-runner.ts';
import {
  Connections,
  type Hello,
  type Registration,
  registrationOf,
  sameRegistration,
} from './connections.ts';
import type { OutAttempt } from './jobs.ts';
import { type PoolSize, poolSize, returnWindow } from './return-window.ts';
import { Roster } from './roster.ts';
import { Silence } from './silence.ts';

/** Where the size of the pool is stored. */
const SIZE_KEY = 'size';

export class RunnerSockets {
  readonly #connections: Connections;
  readonly #silence: Silence;
  readonly #handedOut: (runnerId: string) => readonly OutAttempt[];
  /** The runners that have said hello, and what they may be given. Only to be read. */
  readonly roster = new Roster();
  /** Deployments whose lease is being asked for a runner, which may connect again meanwhile. */
  readonly #expected = new Map<string, Set<string>>();
  /** What each runner has used, over all of its connections. */
  readonly #budgets = new Map<string, SenderBudget>();
  readonly #kv: SyncKvStorage;
  #size: PoolSize | undefined;

  /** `handedOut` gives the attempts that are out with a runner, whatever it says that it holds. */
  constructor(ctx: DurableObjectState, handedOut: (runnerId: string) => readonly OutAttempt[]) {
    this.#handedOut = handedOut;
    this.#kv = ctx.storage.kv;
    this.#connections = new Connections(ctx);
    this.#silence = new Silence(this.#connections, {
      suspected: ({ attached }) => this.roster.delete(attached.id),
      back: ({ attached }) => this.refresh(attached.id),
      ended: ({ ws }) => this.closed(ws),
    });
    for (const { attached } of this.#connections.all()) this.refresh(attached.id);
  }

  /** Lets a runner in; its older connection, if it has one, is closed. */
  accept(runner: AuthenticatedRunner): Response {
    const budget = this.#budgetOf(runner.id);
    const wait = budget.connect(Date.now());
    if (wait > 0) return tooManyConnections(wait);
    const { 0: client, 1: server } = new WebSocketPair();
    const { id, draining } = runner;
    const registered = registrationOf(runner);
    this.#connections.accept(server, {
      id,
      draining,
      registered,
      connectedAt: Date.now(),
      hello: null,
      spent: budget.spent,
    });
    this.roster.delete(id);
    const returnWithinMs = returnWindow(this.#noteSize());
    this.#send(server, {
      type: 'welcome',
      runnerId: id,
      name: runner.name,
      draining,
      registered: toldOf(registered),
      accepts: ['disk', 'machine', 'features', 'leaving', PICTURES],
      ...(returnWithinMs === null ? {} : { returnWithinMs }),
    });
    return new Response(null, { status: 101, webSocket: client });
  }

  /** A connection has ended. */
  closed(ws: WebSocket): void {
    if (this.#connections.forget(ws)) this.roster.delete(this.idOf(ws));
  }

  /** Uses what a frame costs. False when the runner has sent more than it may: its connection is closed then. */
  spend(ws: WebSocket, units: number, bytes: number): boolean {
    const budget = this.#budgetOf(this.idOf(ws));
    const now = Date.now();
    if (!budget.spend(units, bytes, now)) {
      budget.close(ws, now);
      return false;
    }
    if (budget.takeUnsaved()) this.#connections.of(ws).change({ spent: budget.spent });
    return true;
  }

  idOf(ws: WebSocket): string {
    return this.#connections.of(ws).attached.id;
  }

  /** The runner has said who it is and what it holds. Gives what it is registered for from now on. */
  hello(ws: WebSocket, hello: Hello): Registration {
    const connection = this.#connections.of(ws);
    const { id, registered } = connection.attached;
    const fixed = { ...registered, executor: registered.executor ?? hello.executor ?? 'docker' };
    connection.change({ registered: fixed, hello });
    this.refresh(id);
    return fixed;
  }

  /** The runner has said that it takes no more builds. */
  noteLeaving(ws: WebSocket): void {
    this.#connections.of(ws).change({ isLeaving: true });
    this.refresh(this.idOf(ws));
  }

  /** The runner has said how much space its disk has. */
  noteDisk(ws: WebSocket, disk: RunnerDisk): void {
    this.#connections.of(ws).change({ disk });
    this.refresh(this.idOf(ws));
  }

  /** The runner has said whether it takes pictures of sites. */
  notePictures(ws: WebSocket, ready: boolean): void {
    this.#connections.of(ws).change({ takesPictures: ready });
  }

  /** The runner has said what it does besides building. */
  noteFeatures(ws: WebSocket, features: string[]): void {
    this.#connections.of(ws).change({ features });
  }

  /** What a connected runner is registered for, as far as this pool knows; null when it is not connected. */
  registration(runnerId: string): Registration | null {
    return this.#connections.openOf(runnerId)?.attached.registered ?? null;
  }

  /** Somebody has changed what a runner is registered for. */
  register(runnerId: string, changed: Registration): void {
    const connection = this.#connections.openOf(runnerId);
    if (connection === undefined) return;
    const { registered: before } = connection.attached;
    // What the runner has said just now need not be in its record yet.
    const registered = { ...changed, executor: changed.executor ?? before.executor };
    if (sameRegistration(before, registered)) return;
    connection.change({ registered });
    this.refresh(runnerId);
    this.#send(connection.ws, { type: 'registered', registered: toldOf(registered) });
  }

  /** The process of the runner that is connected; null when it did not say, or is not there. */
  sessionOf(runnerId: string): string | null {
    return this.#connections.openOf(runnerId)?.attached.hello?.session ?? null;
  }

  /** Whether a runner has said hello and was heard lately. One that was not leaves the roster. */
  isOnline(runnerId: string): boolean {
    const connection = this.#connections.get(runnerId);
    if (connection === undefined || connection.attached.hello === null) return false;
    if (this.#connections.isThere(connection)) return true;
    this.#silence.suspect(connection);
    return false;
  }

  /** Those of some runners that have said hello and were heard lately; of all with null. */
  online(ids: readonly string[] | null = null): ConnectedRunner[] {
    const asked =
      ids === null ? this.#connections.all() : ids.flatMap((id) => this.#connections.get(id) ?? []);
    return asked.flatMap((connection) => {
      if (!this.#connections.isThere(connection)) return [];
      const { attached } = connection;
      const lastSeenAt = this.#connections.heardAt(connection);
      return connectedRunner(attached, this.#held(attached.id).size, lastSeenAt) ?? [];
    });
  }

  /** Those that are online, take pictures of sites, and build nothing: so many at most. */
  photographers(most: number): Photographer[] {
    const found: Photographer[] = [];
    for (const { id, busy, draining, disk } of this.roster.withRoom()) {
      if (found.length >= most) break;
      const takesPictures = this.#connections.get(id)?.attached.takesPictures === true;
      if (!takesPictures || busy > 0 || !this.isOnline(id)) continue;
      found.push({ id, takesPictures, busy, draining, ...(disk === undefined ? {} : { disk }) });
    }
    return found;
  }

  /** Those that are online and do something besides building. */
  lookers(): Looker[] {
    return this.#connections.all().flatMap(({ attached: { id, features = [] } }) => {
      const runner = features.length > 0 && this.isOnline(id) ? this.roster.get(id) : undefined;
      return runner === undefined ? [] : [{ ...runner, features }];
    });
  }

  /** Closes the connections of those who stay silent. Gives whether they are to be checked again. */
  checkSilent(): boolean {
    return this.#silence.check(Date.now());
  }

  /** A slot is kept for a deployment whose lease is being asked for. */
  expect(runnerId: string, deploymentId: string): void {
    const expected = this.#expected.get(runnerId) ?? new Set();
    this.#expected.set(runnerId, expected.add(deploymentId));
    this.refresh(runnerId);
  }

  /** The answer is there. */
  expectNoMore(runnerId: string, deploymentId: string): void {
    const expected = this.#expected.get(runnerId);
    expected?.delete(deploymentId);
    if (expected?.size === 0) this.#expected.delete(runnerId);
    this.refresh(runnerId);
  }

  /** Takes a slot for an attempt. */
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
    const connection = this.#connections.openOf(runnerId);
    if (connection !== undefined) this.#send(connection.ws, frame);
  }

  setDraining(runnerId: string, draining: boolean): void {
    this.#connections.openOf(runnerId)?.change({ draining });
    this.refresh(runnerId);
    this.send(runnerId, { type: 'drain', draining });
  }

  /** Closes a runner's connection permanently: its credential is no longer valid. */
  revoke(runnerId: string): void {
    this.#budgets.delete(runnerId);
    const connection = this.#connections.openOf(runnerId);
    if (connection === undefined) return;
    closeQuietly(connection.ws, CLOSE.unauthorized, 'This runner was removed');
    this.closed(connection.ws);
  }

  /** How many are connected. */
  get size(): number {
    return this.#connections.size;
  }

  /** How many are, or come back soon: a deploy of the Worker drops all of them. */
  expectedSize(): number {
    return Math.max(this.#noteSize()?.runners ?? 0, this.size);
  }

  /**
   * Closes the connections of so many runners at most, which then connect to where they belong. Not of one that is just being
   * given a job: it would miss the grant. Gives whose were closed, and how many are left.
   */
  sendAway(isMisplaced: (runnerId: string) => boolean, most: number): { sent: string[]; left: number } {
    const sent: string[] = [];
    let left = 0;
    for (const { ws, attached } of this.#connections.all()) {
      const { id } = attached;
      if (!isMisplaced(id)) continue;
      const isMissing = this.#expected.has(id) || this.#handedOut(id).some(({ accepted }) => !accepted);
      if (isMissing || sent.length >= most) {
        left += 1;
        continue;
      }
      sent.push(id);
      closeQuietly(ws, CLOSE.goingAway, 'This runner belongs to another part of its pool');
      this.closed(ws);
    }
    if (sent.length > 0 && this.#size !== undefined) {
      this.#size = { ...this.#size, runners: Math.max(this.size, this.#size.runners - sent.length) };
      this.#kv.put(SIZE_KEY, this.#size);
    }
    return { sent, left };
  }

  /** Whether one is connected that takes pictures of sites. */
  hasPhotographer(): boolean {
    return this.#connections.all().some(({ attached }) => attached.takesPictures === true);
  }

  /** Whether one is connected that does something besides building. */
  hasLooker(): boolean {
    return this.#connections.all().some(({ attached: { features = [] } }) => features.length > 0);
  }

  /** Brings the roster up to date with a runner. */
  refresh(runnerId: string): void {
    const connection = this.#connections.get(runnerId);
    const runner =
      connection === undefined ? null : onlineRunner(connection.attached, this.#held(runnerId).size);
    if (runner === null) this.roster.delete(runnerId);
    else this.roster.set(runner);
  }

  /** The deployments that take a slot of a runner. */
  #held(runnerId: string): Set<string> {
    const running = this.#connections.get(runnerId)?.attached.hello?.running ?? [];
    const refs = [...running, ...this.#handedOut(runnerId)];
    return new Set([
      ...refs.map(({ deploymentId }) => deploymentId),
      ...(this.#expected.get(runnerId) ?? []),
    ]);
  }

  /** How many runners the pool has, with those that are not back yet. */
  #noteSize(): PoolSize | undefined {
    this.#size ??= this.#kv.get<PoolSize>(SIZE_KEY);
    const size = poolSize(this.#size, this.#connections.size, Date.now());
    if (size !== undefined && size !== this.#size) this.#kv.put(SIZE_KEY, size);
    this.#size = size;
    return size;
  }

  /** What a runner has used: as it is stored with its connection, where the object has slept. */
  #budgetOf(runnerId: string): SenderBudget {
    let budget = this.#budgets.get(runnerId);
    if (budget === undefined) {
      budget = new SenderBudget(POOL, newestOf(this.#connections.spentBy(runnerId)));
      this.#budgets.set(runnerId, budget);
    }
    return budget;
  }

  #changeRunning(runnerId: string, change: (running: AttemptRef[]) => AttemptRef[]): void {
    const connection = this.#connections.openOf(runnerId);
    const hello = connection?.attached.hello ?? null;
    if (connection === undefined || hello === null) return;
    const running = change(hello.running);
    if (
      running.length === hello.running.length &&
      running.every((ref, index) => ref === hello.running[index])
    )
      return;
    connection.change({ hello: { ...hello, running } });
    this.refresh(runnerId);
  }

  #send(ws: WebSocket, frame: PoolToRunner): void {
    try {
      ws.send(JSON.stringify(frame));
    } catch {
      // The connection is closing. A grant that is lost here is sent again when the runner comes back.
    }
  }
}

/** What the runner receives of its registration. Whether it has a sandbox it knows itself. */
const toldOf = ({ name, labels, slots }: Registration) => ({ name, labels, slots });

const sameDeployment = (a: AttemptRef, b: AttemptRef) => a.deploymentId === b.deploymentId;
