/**
 * The Durable Object of one hook: what it has to send, and what became of it. Each hook has its own, so that a receiver
 * that is slow, or doesn't answer, delays no other.
 */
import { DurableObject } from 'cloudflare:workers';
import type { DeliveryEvent, DeliveryStatus, HookDelivery, Page, PageQuery } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { limitedSql, type Sql } from '../limits/sql.ts';
import type { HookRecord } from '../metadata/hooks.ts';
import { metadataOf } from '../metadata/index.ts';
import { newObjectId } from '../metadata/object-id.ts';
import { Alarm } from '../objects/alarm.ts';
import { deadLettersOf } from '../objects/dead-letters.ts';
import { storeErrors } from '../operations/store-errors.ts';
import { testBody } from './body.ts';
import { deliver } from './deliver.ts';
import { Deliveries, type DeliveryRow, type NewDelivery, toDelivery } from './deliveries.ts';
import { isHopeless, pauseAfter, tryAgainAt } from './retry.ts';
import type { Sending } from './send.ts';

/** How many notifications are sent at the same time. */
const AT_ONCE = 5;

/** How long one alarm sends; what is due then is left to the next one, in milliseconds. The platform's limit is 15 minutes. */
const SENDS_FOR_MS = 5 * 60_000;

/** When a test that was interrupted is sent after all, in milliseconds. */
const TEST_AGAIN_MS = 60_000;

/** A hook's newest delivery. */
export interface LastDelivery {
  id: string;
  event: DeliveryEvent;
  status: DeliveryStatus;
  at: string;
}

export class NotificationObject extends DurableObject<Env> {
  readonly #sql: Sql;
  /** Null once everything was forgotten: whatever is called then makes the tables again. */
  #opened: Deliveries | null = null;
  readonly #alarm: Alarm;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql = limitedSql(ctx.storage.sql);
    this.#alarm = new Alarm(ctx, {
      name: () => `notifications of hook ${ctx.id.name}`,
      onOpen: () => this.#alarm.ringBy(this.#deliveries.nextAt()),
      afterRun: () => storeErrors(env),
    });
  }

  get #deliveries(): Deliveries {
    if (this.#opened !== null) return this.#opened;
    // Since when nothing was delivered, and how many attempts that were.
    this.#sql.exec('CREATE TABLE IF NOT EXISTS failing (since INTEGER NOT NULL, attempts INTEGER NOT NULL)');
    this.#opened = new Deliveries(this.#sql);
    return this.#opened;
  }

  /** Takes a notification to send. One that it had before changes nothing. */
  enqueue(delivery: NewDelivery): void {
    const now = Date.now();
    if (this.#deliveries.add(delivery, now, now)) this.#alarm.ringBy(now);
  }

  /** Sends a test now, once, and gives how that went; null if the hook is gone. */
  async sendTest(): Promise<HookDelivery | null> {
    const hook = await this.#hook();
    if (hook === null) return null;
    const now = Date.now();
    const id = newObjectId(now);
    const body = JSON.stringify(testBody(id, new Date(now).toISOString()));
    const test: NewDelivery = { id, event: 'test', deploymentId: null, app: null, body };
    this.#deliveries.add(test, now, now + TEST_AGAIN_MS);
    const row = this.#deliveries.one(id);
    if (row !== null) await this.#attempt(row, hook);
    // A test leaves nothing due, so no alarm does it.
    this.#deliveries.trim(Date.now());
    this.#alarm.ringBy(this.#deliveries.nextAt());
    const tried = this.#deliveries.one(id);
    return tried && toDelivery(tried);
  }

  /** Sends a notification again, with the same id; null if it isn't kept. */
  redeliver(id: string): HookDelivery | null {
    const now = Date.now();
    if (!this.#deliveries.again(id, now)) return null;
    this.#alarm.ringBy(now);
    const row = this.#deliveries.one(id);
    return row && toDelivery(row);
  }

  list(page: PageQuery): Page<HookDelivery> {
    const { items, nextCursor } = this.#deliveries.page(page);
    return { items: items.map(toDelivery), nextCursor };
  }

  /** The newest delivery; null if there was none. */
  last(): LastDelivery | null {
    const [row] = this.#deliveries.page({ limit: 1 }).items;
    if (row === undefined) return null;
    const { id, event, status, created_at: at } = row;
    return { id, event, status, at: new Date(at).toISOString() };
  }

  /** A hook that is enabled again has not failed yet. */
  restart(): void {
    void this.#deliveries;
    this.#sql.exec('DELETE FROM failing');
  }

  /** Forgets everything: the hook was deleted. */
  async destroy(): Promise<void> {
    await this.#alarm.clear();
    await this.ctx.storage.deleteAll();
    this.#opened = null;
  }

  override async alarm(): Promise<void> {
    await this.#alarm.run([
      () => this.#sendDue(),
      () => this.#opened?.trim(Date.now()),
      () => this.#alarm.ringBy(this.#opened?.nextAt() ?? null),
    ]);
  }

  async #sendDue(): Promise<void> {
    const until = Date.now() + SENDS_FOR_MS;
    while (Date.now() < until) {
      const due = this.#deliveries.due(Date.now(), AT_ONCE);
      if (due.length === 0) return;
      const hook = await this.#hook();
      if (hook === null) return this.destroy();
      if (!hook.enabled) return this.#giveUpAll('The hook is disabled');
      for (const row of this.#deliveries.surplus())
        await this.#bury(row, 'More notifications wait than are kept');
      await Promise.all(due.map((row) => this.#attempt(row, hook)));
    }
  }

  #hook(): Promise<HookRecord | null> {
    return metadataOf(this.env).hooks.byId(this.#hookId);
  }

  get #hookId(): string {
    return this.ctx.id.name ?? '';
  }

  /** Sends a notification once. Afterwards it has ended, or is due again. */
  async #attempt(row: DeliveryRow, hook: HookRecord): Promise<void> {
    const at = Date.now();
    const tries = row.tries + 1;
    this.#deliveries.begin(row.n, at + pauseAfter(tries, 1));
    const sending = await deliver(this.env, hook, row, this.#deliveries.bodyOf(row.n), at);
    const now = Date.now();
    const { outcome, request, response, error, retryAfterSeconds } = sending;
    const tried = { at, durationMs: Math.max(0, now - at), request, response, error };
    if (outcome === 'delivered') {
      this.#sql.exec('DELETE FROM failing');
      this.#deliveries.settle(row, tried, { status: 'delivered', nextAt: null });
      return;
    }
    const nextAt = this.#nextAt(row, outcome, { attempts: tries, retryAfterSeconds, now });
    journal.info(
      `Hook ${hook.id}: delivery ${row.id} failed, attempt ${tries}; ${nextAt === null ? 'it is given up' : `the next one is at ${new Date(nextAt).toISOString()}`}`,
    );
    // A letter that is kept twice is one: should the object end in between, the delivery is tried again.
    if (nextAt === null) await this.#addLetter(row);
    this.#deliveries.settle(row, tried, { status: nextAt === null ? 'failed' : 'pending', nextAt });
    if (row.event !== 'test') await this.#disableIfHopeless(hook, outcome, now);
  }

  #nextAt(
    row: DeliveryRow,
    outcome: Sending['outcome'],
    tried: { attempts: number; retryAfterSeconds: number | null; now: number },
  ): number | null {
    if (outcome !== 'later' || row.event === 'test') return null;
    const { attempts, retryAfterSeconds, now } = tried;
    return tryAgainAt({ attempts, deadline: row.deadline }, retryAfterSeconds, now, Math.random());
  }

  /** Disables a hook whose receiver is gone, or has taken nothing for days. */
  async #disableIfHopeless(hook: HookRecord, outcome: Sending['outcome'], now: number): Promise<void> {
    const [failing = { since: now, attempts: 0 }] = this.#sql
      .exec<{ since: number; attempts: number }>('SELECT since, attempts FROM failing')
      .toArray();
    this.#sql.exec('DELETE FROM failing');
    this.#sql.exec('INSERT INTO failing VALUES (?, ?)', failing.since, failing.attempts + 1);
    const reason =
      outcome === 'gone'
        ? 'The receiver answered that it doesn’t exist any more'
        : isHopeless(failing.since, failing.attempts + 1, now)
          ? 'Nothing could be delivered for five days'
          : null;
    if (reason === null) return;
    await metadataOf(this.env).hooks.update(hook.id, { enabled: false, disabledReason: reason });
    journal.info(`Hook ${hook.id} was disabled: ${reason}`);
    this.#giveUpAll('The hook is disabled');
  }

  #giveUpAll(error: string): void {
    for (;;) {
      const pending = this.#deliveries.pending(100);
      if (pending.length === 0) return;
      for (const row of pending) this.#deliveries.giveUp(row, error, Date.now());
    }
  }

  async #bury(row: DeliveryRow, error: string): Promise<void> {
    await this.#addLetter(row);
    this.#deliveries.giveUp(row, error, Date.now());
  }

  /** The operator sees it among what the queues couldn't deliver. A test is of nobody's interest. */
  async #addLetter({ id, deployment_id: deploymentId }: DeliveryRow): Promise<void> {
    if (deploymentId === null) return;
    const letter = { kind: 'notification', hookId: this.#hookId, deliveryId: id, deploymentId } as const;
    await deadLettersOf(this.env).add(letter, new Date().toISOString());
  }
}
