/**
 * Network namespaces for builds' containers that the engine need not make: its own way takes about half of a start. Each
 * container gets one that no other was ever in.
 */
import type { Journal } from '../../journal.ts';
import { type Engine, engineMessage } from '../engine.ts';
import type { LentNamespace, NamespaceLender } from '../start-alone.ts';
import { type NamespaceMaker, openNamespaceMaker } from './namespace-maker.ts';

export interface NetworkNamespacesOptions {
  readonly engine: Engine;
  readonly runnerId: string;
  readonly journal: Journal;
  /** How many makers run at most: as many containers start at a time with a namespace of theirs. 0 for none. */
  readonly most: number;
  /** Opens a maker; tests pass their own. */
  readonly open?: () => Promise<NamespaceMaker>;
  /** How long none is opened after one that failed, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** A host whose engine can't run a maker won't so soon; each try takes as long as a build's start. */
const RETRY_AFTER_MS = 10 * 60_000;

/** Opens makers as they are needed: a container for which none is free gets its namespace from the engine. */
export class NetworkNamespaces implements NamespaceLender {
  readonly #options: NetworkNamespacesOptions;
  /** In a namespace that nothing else is in. */
  #ready: NamespaceMaker[] = [];
  readonly #makers = new Set<NamespaceMaker>();
  /** Those that are over, and that the engine has not removed: it may have stopped meanwhile. */
  readonly #leftovers = new Set<NamespaceMaker>();
  #opening = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #closed = false;
  #complaint = '';
  readonly #changing = new Set<Promise<void>>();

  constructor(options: NetworkNamespacesOptions) {
    this.#options = options;
  }

  /** How many containers can start now with a namespace of a maker. */
  get ready(): number {
    return this.#ready.length;
  }

  lend(): LentNamespace {
    const maker = this.#take();
    let isOut = true;
    const once = (work: () => void): void => {
      if (isOut) work();
      isOut = false;
    };
    if (maker === null)
      return { of: null, giveBack: () => once(() => this.#openOne()), refuse: () => undefined };
    return {
      of: maker,
      giveBack: () => once(() => this.#track(this.#renew(maker))),
      refuse: (error) => once(() => this.#track(this.#judge(maker, error))),
    };
  }

  #take(): NamespaceMaker | null {
    for (;;) {
      const maker = this.#ready.shift();
      if (maker === undefined) return null;
      if (!maker.lost) return maker;
      this.#track(this.#drop(maker));
    }
  }

  /** Behind the start that had to do without. */
  #openOne(): void {
    const { most, engine, runnerId, open = () => openNamespaceMaker(engine, runnerId) } = this.#options;
    if (this.#closed || this.#makers.size + this.#opening >= most) return;
    if (performance.now() < this.#notBefore) return;
    this.#removeLeftovers();
    this.#opening += 1;
    const opening = open().then(
      (maker) => {
        this.#opening -= 1;
        this.#makers.add(maker);
        return this.#keep(maker);
      },
      (error: unknown) => {
        this.#opening -= 1;
        this.#giveUp(error);
      },
    );
    this.#track(opening);
  }

  #giveUp(error: unknown): void {
    this.#notBefore = performance.now() + (this.#options.retryAfterMs ?? RETRY_AFTER_MS);
    this.#warn('The engine makes the network namespaces of builds: they take longer to start', error);
  }

  /** Its namespace may have a container in it now. It is not used again before it is in another. */
  async #renew(maker: NamespaceMaker): Promise<void> {
    return (await this.#works(maker)) ? this.#keep(maker) : this.#drop(maker);
  }

  /** A container could not start in its namespace. If it works all the same, no container can on this host. */
  async #judge(maker: NamespaceMaker, error: unknown): Promise<void> {
    if ((await this.#works(maker)) && !this.#closed) this.#giveUp(error);
    return this.#drop(maker);
  }

  /** Moves it on, and says whether it could. */
  async #works(maker: NamespaceMaker): Promise<boolean> {
    try {
      await maker.renew();
      return true;
    } catch (error) {
      if (!this.#closed) this.#warn('A container that makes network namespaces has failed', error);
      return false;
    }
  }

  async #keep(maker: NamespaceMaker): Promise<void> {
    if (this.#closed) return this.#drop(maker);
    this.#complaint = '';
    this.#ready.push(maker);
  }

  async #drop(maker: NamespaceMaker): Promise<void> {
    if (this.#makers.delete(maker)) await this.#remove(maker);
  }

  async #remove(maker: NamespaceMaker): Promise<void> {
    try {
      await maker.remove();
    } catch (error) {
      this.#leftovers.add(maker);
      this.#warn(
        'A container that makes network namespaces could not be removed. It is tried again later',
        error,
      );
    }
  }

  #removeLeftovers(): void {
    const leftovers = [...this.#leftovers];
    this.#leftovers.clear();
    for (const maker of leftovers) this.#track(this.#remove(maker));
  }

  /** Unless it is what was warned of last, and none was made since: a host that can't fails again and again. */
  #warn(message: string, cause: unknown): void {
    const error = engineMessage(cause);
    const complaint = `${message}: ${error}`;
    if (complaint === this.#complaint) return;
    this.#complaint = complaint;
    this.#options.journal.warn(message, { error });
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#changing.delete(tracked));
    this.#changing.add(tracked);
  }

  /** Removes the makers; the sweep at the next start those that it can't. To be called once nothing is started any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#ready = [];
    // One that does not answer any more ends with its container.
    for (const maker of this.#makers) this.#track(this.#drop(maker));
    this.#removeLeftovers();
    await Promise.all(this.#changing);
  }
}
