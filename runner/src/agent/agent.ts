/** A running runner: takes grants from its pool and runs at most as many builds in parallel as it has slots. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AttemptRef, Granted, RunnerMachine, RunnerScanner } from '@appflux/protocol';
import type { DiskWatch } from '../disk/watch.ts';
import { describeError } from '../journal.ts';
import { Looks } from '../look/looks.ts';
import type { Pictures } from '../pictures/pictures.ts';
import { Stopped } from '../stop.ts';
import { type AttemptHost, runAttempt } from './attempt.ts';
import type { Capacity } from './capacity.ts';
import { FolderRemovals } from './folder-removals.ts';
import { isFull } from './full-machine.ts';
import { LeftLines } from './left-lines.ts';
import { PoolConnection } from './pool-connection.ts';
import { watchFor } from './watch.ts';

export interface AgentOptions {
  readonly host: Omit<AttemptHost, 'signal' | 'onLinesLeft' | 'onDiskFull' | 'removals'>;
  readonly capacity: Capacity;
  /** Gives the scanner's state, which the owner sees in the dashboard. */
  readonly scanner?: () => Promise<RunnerScanner>;
  /** Gives the versions on this machine, which the operator sees. */
  readonly machine?: () => Promise<RunnerMachine>;
  /** Watches the disks that builds need; without it, builds are taken whatever their space. */
  readonly disks?: DiskWatch;
  /** Takes pictures of sites while nothing is built. */
  readonly pictures?: Pictures;
  /** Ends after its first attempt. */
  readonly ephemeral?: boolean;
  /** The pool's connection is established, or lost. */
  readonly onConnected?: (connected: boolean) => void;
  /** Nothing runs any more; `isStill` says later whether that has stayed so. */
  readonly onIdle?: (isStill: () => boolean) => void;
  /** The versions of this runner and its instance are too far apart. */
  readonly onIncompatible?: () => void;
}

/** Why an agent has ended. */
export type AgentEnd = 'stopped' | 'drained' | 'revoked';

/** Ended attempts that are remembered, so that a grant that is repeated late is not built again. */
const REMEMBERED = 200;

const SCANNER_EVERY_MS = 60_000;
const MACHINE_EVERY_MS = 600_000;

/** How long the pool's connection waits for the first look at the disks, which may first remove caches. */
const FIRST_LOOK_MS = 10_000;

const keyOf = ({ deploymentId, attempt }: AttemptRef) => `${deploymentId}/${attempt}`;

/** Holds the pool's connection and the attempts that are running. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #pool: PoolConnection;
  readonly #leftLines: LeftLines;
  readonly #looks: Looks;
  readonly #removals: FolderRemovals;
  readonly #stop = new AbortController();
  readonly #ended = Promise.withResolvers<AgentEnd>();
  readonly #running = new Map<string, { ref: AttemptRef; done: Promise<void> }>();
  readonly #over = new Set<string>();
  #drains = false;
  #drainLimit: NodeJS.Timeout | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
    const { host, capacity } = options;
    this.#leftLines = new LeftLines({
      state: host.settings.state,
      url: host.url,
      credential: host.credential,
      journal: host.journal,
      signal: this.#stop.signal,
    });
    this.#removals = new FolderRemovals(() => isFull(host.settings));
    this.#looks = new Looks({
      settings: host.settings,
      journal: host.journal,
      signal: this.#stop.signal,
      report: (id, outcome) => this.#pool.looked(id, outcome),
    });
    this.#pool = new PoolConnection({
      url: host.url,
      credential: host.credential,
      version: host.version,
      capacity,
      executor: host.executor.kind,
      journal: host.journal,
      running: () => [...this.#running.values()].map(({ ref }) => ref),
      onGrant: (granted) => this.#take(granted),
      onLook: (task) => this.#looks.take(task),
      onPicture: (request) => options.pictures?.take(request),
      onRevoked: () => void this.#end('revoked'),
      ...(options.onConnected === undefined ? {} : { onConnected: options.onConnected }),
      ...(options.onIncompatible === undefined ? {} : { onIncompatible: options.onIncompatible }),
      ...(host.timing === undefined ? {} : { timing: host.timing }),
    });
  }

  /** Runs until it is stopped or its credential is revoked, and all attempts are cleaned up. */
  run(): Promise<AgentEnd> {
    // Lines of earlier attempts come before the next ones, which begin with the pool's connection.
    void this.#begin();
    const { scanner, machine, host } = this.#options;
    if (scanner !== undefined) {
      void watchFor({
        everyMs: SCANNER_EVERY_MS,
        ask: scanner,
        report: (facts) => this.#pool.scanner(facts),
        onError: (error) =>
          host.journal.warn('The malware scanner could not be queried', { error: describeError(error) }),
        signal: this.#stop.signal,
      });
    }
    if (machine !== undefined) {
      void watchFor({
        everyMs: MACHINE_EVERY_MS,
        ask: machine,
        report: (facts) => this.#pool.machine(facts),
        onError: (error) =>
          host.journal.warn('The versions on this machine could not be read', {
            error: describeError(error),
          }),
        signal: this.#stop.signal,
      });
    }
    return this.#ended.promise;
  }

  async #begin(): Promise<void> {
    const { disks, host } = this.#options;
    await this.#leftLines.sendAll();
    if (disks !== undefined) {
      void disks.run((disk) => {
        if (disk.low) host.journal.warn('Too little disk space: no new builds', { ...disk });
        this.#pool.disk(disk);
      }, this.#stop.signal);
      // The pool is not to hand out a build before it knows.
      await Promise.race([disks.look(), sleep(FIRST_LOOK_MS, undefined, { ref: false })]);
    }
    this.#pool.start();
    // After the connection and whatever it brings: a runner that starts is there for builds first.
    await this.#options.pictures?.begin({
      isIdle: () => this.#running.size === 0,
      onReady: (ready) => this.#pool.pictures(ready),
    });
  }

  /** Resolves when no attempt is running. */
  async whenIdle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /** Returns the running attempts to the queue and ends. */
  stop() {
    void this.#end('stopped');
  }

  /** Takes no new attempts, and ends with the last one that is running; after `limitMs` as {@link stop} does. */
  drain(limitMs: number) {
    this.#leave();
    if (this.#running.size === 0) void this.#end('drained');
    else this.#drainLimit ??= setTimeout(() => this.stop(), limitMs);
  }

  #leave() {
    this.#drains = true;
    this.#pool.leave();
  }

  #take(granted: Granted) {
    const { host, capacity } = this.#options;
    const { grant } = granted;
    const ref = { deploymentId: grant.deploymentId, attempt: grant.attempt };
    const key = keyOf(ref);
    if (this.#stop.signal.aborted) return;
    if (this.#running.has(key)) {
      this.#pool.accepted(ref);
    } else if (this.#over.has(key)) {
      this.#pool.freed(ref);
    } else if (this.#running.size >= capacity.slots) {
      // Left unanswered: its lease runs out, and it is offered again.
      host.journal.warn('Received a grant while every slot is in use', ref);
    } else {
      this.#leftLines.begin(ref);
      this.#pool.accepted(ref);
      const onLinesLeft = (left: AttemptRef) => void this.#leftLines.send(left);
      const onDiskFull = async () => void (await this.#options.disks?.look());
      const removals = this.#removals;
      const attemptHost = { ...host, onLinesLeft, onDiskFull, removals, signal: this.#stop.signal };
      const done = runAttempt(granted, attemptHost).then(() => this.#free(ref));
      this.#running.set(key, { ref, done });
      if (this.#options.ephemeral) this.#leave();
      this.#options.pictures?.interrupt();
      host.journal.info('Attempt started', { ...ref, app: grant.job.app.slug });
    }
  }

  #free(ref: AttemptRef) {
    this.#leftLines.end(ref);
    this.#running.delete(keyOf(ref));
    this.#over.add(keyOf(ref));
    if (this.#over.size > REMEMBERED) {
      for (const oldest of this.#over) {
        this.#over.delete(oldest);
        break;
      }
    }
    if (this.#drains && this.#running.size === 0) {
      // Not `freed`: an edge that doesn't know `leaving` would fill the slot again. The closed connection frees it.
      void this.#end('drained');
      return;
    }
    this.#pool.freed(ref);
    if (this.#running.size > 0) return;
    this.#options.pictures?.idle();
    this.#options.onIdle?.(() => this.#running.size === 0);
  }

  async #end(why: AgentEnd): Promise<void> {
    if (this.#stop.signal.aborted) return;
    const reason =
      why === 'revoked'
        ? new Stopped('revoked', 'This runner was removed.')
        : new Stopped('stopping', 'The runner is shutting down.');
    this.#stop.abort(reason);
    clearTimeout(this.#drainLimit);
    await Promise.all([...[...this.#running.values()].map(({ done }) => done), this.#looks.ended()]);
    await this.#removals.ended();
    await this.#options.pictures?.stop();
    this.#pool.close();
    this.#ended.resolve(why);
  }
}
