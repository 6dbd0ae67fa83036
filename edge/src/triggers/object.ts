/**
 * The Durable Object of a team's triggers from one repository. A delivery is stored before anything is done with it; what
 * it causes is decided and stored in one transaction, with the ids of its deployments; and what was decided is carried out
 * from those rows, by the alarm if the request that brought it has ended. So a delivery that comes twice, or a crash
 * between any two steps, makes no second deployment and loses none.
 */
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import type { RepositoryBound } from '../git-hosts/event.ts';
import { journal } from '../journal.ts';
import { limitedSql } from '../limits/sql.ts';
import { metadataOf } from '../metadata/index.ts';
import type { AppRecord } from '../metadata/metadata.ts';
import { Alarm } from '../objects/alarm.ts';
import { type ObjectStub, objectStub } from '../objects/stub.ts';
import { Turns } from '../objects/turns.ts';
import { storeErrors } from '../operations/store-errors.ts';
import { carryOut, isPassing, previousOf, skipRefused } from './carry-out.ts';
import { type Answer, Ledger, type StoredEvent } from './ledger.ts';
import { plan } from './plan.ts';
import type { Work } from './work.ts';

/** How long an answer waits for what it announces, in milliseconds. */
const ANSWER_WITHIN_MS = 500;

/** How soon the alarm goes on with what a request has left, in milliseconds. */
const GO_ON_MS = 1_000;

/** Deliveries that arrive within this many milliseconds of each other are a burst: their answers come first. */
const BURST_MS = 50;

/** How long a task waits at most for a burst to end, in milliseconds. */
const GIVE_WAY_MS = 200;

/** Work that failed is tried again after this long, in milliseconds: twice as long each time, up to the most. */
const AGAIN_MS = 5_000;
const MOST_AGAIN_MS = 600_000;

/** How often work is tried: for about a day. */
const MOST_ATTEMPTS = 150;

/** How often a task is put off that can’t be done yet, which is no failure. */
const MOST_DEFERRALS = 10 * MOST_ATTEMPTS;

export interface Delivery {
  /** The host's id of the delivery, made unique among hosts. */
  readonly deliveryId: string;
  readonly ownerId: string;
  readonly event: RepositoryBound;
}

/** What a delivery is answered with; `pending` if that isn't decided yet. */
export type Received = Answer | { readonly pending: true };

/** The object of a repository's triggers in a team. A delivery may be received again. */
export const triggersOf = (
  env: Pick<Env, 'TRIGGERS'>,
  ownerId: string,
  repoKey: string,
): ObjectStub<TriggerObject> =>
  objectStub(() => env.TRIGGERS.getByName(`${ownerId}:${repoKey}`), { receive: 'repeat' });

export class TriggerObject extends DurableObject<Env> {
  readonly #ledger: Ledger;
  readonly #alarm: Alarm;
  readonly #turns = new Turns();
  /** Deliveries that wait for an answer, and when the last one arrived. */
  #waiting = 0;
  #lastAt = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#ledger = new Ledger(limitedSql(ctx.storage.sql));
    this.#alarm = new Alarm(ctx, {
      name: () => 'triggers',
      onOpen: () => this.#alarm.ringBy(this.#ledger.nextDue(Date.now())),
      afterRun: () => storeErrors(env),
    });
  }

  /** Stores a delivery, and does what it causes as far as that takes no time. The same delivery gets the same answer. */
  async receive({ deliveryId, ownerId, event }: Delivery): Promise<Received> {
    const now = Date.now();
    const seq =
      this.#ledger.eventOf(deliveryId) ??
      this.ctx.storage.transactionSync(() => this.#ledger.receive(deliveryId, ownerId, event, now));
    this.#alarm.ringBy(now + GO_ON_MS);
    const isAlone = this.#waiting === 0 && Math.abs(now - this.#lastAt) >= BURST_MS;
    this.#lastAt = now;
    this.#waiting += 1;
    try {
      const work = this.#goOn(seq, isAlone);
      await Promise.race([work, scheduler.wait(ANSWER_WITHIN_MS)]);
    } finally {
      this.#waiting -= 1;
    }
    return this.#ledger.answerOf(seq) ?? { pending: true };
  }

  override async alarm(): Promise<void> {
    await this.#alarm.run([
      () => this.#turns.take(() => this.#decideAll()),
      () => this.#carryOutAll(() => this.#giveWay()),
      () => this.#ledger.forget(Date.now()),
      () => this.#alarm.ringBy(this.#ledger.nextDue(Date.now())),
    ]);
  }

  /** Decides what is undecided, and then carries it out, unless more deliveries arrive: then the alarm does that. */
  async #goOn(seq: number, isAlone: boolean): Promise<void> {
    try {
      if (this.#ledger.answerOf(seq) === null) await this.#turns.take(() => this.#decideAll());
      if (!isAlone) return;
      await this.#carryOutAll(async () => this.#waiting <= 1);
      const due = this.#ledger.nextDue(Date.now());
      this.#alarm.ringBy(due === null ? null : Math.max(due, Date.now() + GO_ON_MS));
    } catch (error) {
      // The alarm is set, and tries it again.
      journal.error('triggers: a delivery is decided later', error, { source: 'object triggers' });
    }
  }

  /** Decides all events. Those that arrived together share one look at the apps, which is younger than they are. */
  async #decideAll(): Promise<void> {
    for (let events = this.#ledger.undecided(); events.length > 0; events = this.#ledger.undecided()) {
      const found = new Map<string, Promise<AppRecord[]>>();
      for (const stored of events) {
        const { ownerId, event } = stored;
        const was = event.kind === 'repository' ? event.was : [];
        const key = JSON.stringify([ownerId, event.repository.id, event.repository.keys, was]);
        const apps = found.get(key) ?? this.#appsOf(ownerId, event);
        found.set(key, apps);
        await this.#decide(stored, await apps);
      }
    }
  }

  async #decide({ seq, event }: StoredEvent, apps: readonly AppRecord[]): Promise<void> {
    const metadata = metadataOf(this.env);
    const previous = new Map<string, string>();
    const ids = new Map<string, string>();
    for (const app of apps) {
      ids.set(app.id, await metadata.newIdFor(app.ownerId));
      if (event.kind !== 'redeploy') continue;
      const id = await previousOf({ env: this.env, metadata }, app, event);
      if (id !== null) previous.set(app.id, id);
    }
    this.ctx.storage.transactionSync(() =>
      plan(this.#ledger, { seq, event, apps, previous, ids, now: Date.now() }),
    );
  }

  /** The team's apps of a repository, by any of its names, now or earlier. */
  async #appsOf(ownerId: string, event: RepositoryBound): Promise<AppRecord[]> {
    const { provider, id, keys } = event.repository;
    const { apps } = metadataOf(this.env);
    const repositoryId = id === null ? null : `${provider}:${id}`;
    const found = new Map<string, AppRecord>();
    const names = event.kind === 'repository' ? [...keys, ...event.was] : keys;
    for (const repoKey of new Set(names))
      for (const app of await apps.ofRepository(ownerId, { repoKey, repositoryId }))
        if (isAtHostOf(app, names)) found.set(app.id, app);
    return [...found.values()];
  }

  /** Waits a moment while deliveries arrive in a burst. */
  async #giveWay(): Promise<boolean> {
    const until = Date.now() + GIVE_WAY_MS;
    const isBusy = () => this.#waiting > 0 || Math.abs(Date.now() - this.#lastAt) < BURST_MS;
    while (isBusy() && Date.now() < until) await scheduler.wait(GIVE_WAY_MS / 10);
    return true;
  }

  /** Carries out what is due, one task after the other, as long as `mayGoOn` before each. */
  #carryOutAll(mayGoOn: () => Promise<boolean>): Promise<void> {
    return this.#turns.take(async () => {
      for (let work = this.#ledger.due(Date.now()); work !== null; work = this.#ledger.due(Date.now())) {
        if (!(await mayGoOn())) return;
        await this.#carryOut(work);
        // Deliveries that arrived meanwhile are decided first: their answers wait.
        await this.#decideAll();
      }
    });
  }

  async #carryOut(work: Work): Promise<void> {
    const parts = { env: this.env, metadata: metadataOf(this.env) };
    try {
      const again = await carryOut(parts, this.#ledger, work, Date.now());
      if (again !== null && work.attempts < MOST_DEFERRALS) this.#ledger.postpone(work.id, again);
      else this.#ledger.finish(work.id);
    } catch (error) {
      if (isPassing(error) && work.attempts < MOST_ATTEMPTS) {
        journal.error(`triggers: ${work.task.kind} of app ${work.appId} is tried again`, error);
        const pause = Math.min(MOST_AGAIN_MS, AGAIN_MS * 2 ** work.attempts);
        this.#ledger.postpone(work.id, Date.now() + pause);
        return;
      }
      journal.error(`triggers: ${work.task.kind} of app ${work.appId} is given up`, error);
      try {
        await skipRefused(parts, work, error);
      } catch (refused) {
        // What can't be listed either is in the Worker's log, and must not keep what comes after it from being done.
        journal.error(`triggers: ${work.task.kind} of app ${work.appId} can't be listed`, refused);
      }
      this.#ledger.finish(work.id);
    }
  }
}

/**
 * Whether an app's repository is at the host of one of these keys. A repository is renamed and transferred within its host,
 * and ids are only unique within each.
 */
function isAtHostOf({ repoKey }: AppRecord, keys: readonly string[]): boolean {
  const hostOf = (key: string) => key.split('/')[0]?.replace(/:\d+$/, '');
  return repoKey === null || keys.some((key) => hostOf(key) === hostOf(repoKey));
}
