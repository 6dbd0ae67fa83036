/**
 * The Durable Object of one app's servers: what they logged in the last hours, what was counted of them, and the runs of
 * its release's crons.
 */
import { DurableObject } from 'cloudflare:workers';
import {
  type RuntimeAnalytics,
  type RuntimeAnalyticsQuery,
  type RuntimeLogPage,
  RuntimeTailQuery,
} from '@appflux/protocol';
import type { Env } from '../../env.ts';
import { limitedSql } from '../../limits/sql.ts';
import { Alarm } from '../../objects/alarm.ts';
import { storeErrors } from '../../operations/store-errors.ts';
import { handling, wasClosed } from '../../sockets/close.ts';
import { CutOff } from '../../sockets/cut-off.ts';
import { tooManyConnections } from '../../sockets/sender-budget.ts';
import { analyticsOf, firstHour } from './analytics.ts';
import { Crons } from './crons.ts';
import { LineRate } from './rate.ts';
import { type NewCounts, type NewLine, type PageQuery, RuntimeStore } from './store.ts';
import { RuntimeViewers } from './viewers.ts';

/** How many batches are remembered, so that one that arrives again isn't counted again. */
const MOST_BATCHES = 500;

/** After an app was removed, what arrives late for it is dropped for this long, in milliseconds. */
const REMOVED_FOR_MS = 3_600_000;

/** A batch of the server host, as far as it is about this app. */
export interface AppBatch {
  readonly id: string;
  readonly lines: readonly NewLine[];
  readonly counts: readonly NewCounts[];
}

export class RuntimeObject extends DurableObject<Env> {
  readonly #alarm: Alarm;
  readonly #viewers: RuntimeViewers;
  readonly #cutOff: CutOff;
  readonly #rate = new LineRate();
  readonly #crons: Crons;
  readonly #seen = new Set<string>();
  #opened: RuntimeStore | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const name = () => `runtime ${ctx.id.name}`;
    this.#viewers = new RuntimeViewers(ctx);
    this.#cutOff = new CutOff(ctx, name);
    this.#crons = new Crons({ ctx, env, log: (line) => this.#add([line], []) });
    this.#alarm = new Alarm(ctx, { name, onOpen: () => this.#rearm(), afterRun: () => storeErrors(env) });
  }

  /** What is kept; null for an app that has no server, so that asking for its log stores nothing. */
  get #existing(): RuntimeStore | null {
    return this.#opened !== null || RuntimeStore.isIn(limitedSql(this.ctx.storage.sql)) ? this.#store : null;
  }

  /** Creates the tables, unless they are there. */
  get #store(): RuntimeStore {
    this.#opened ??= new RuntimeStore(limitedSql(this.ctx.storage.sql));
    return this.#opened;
  }

  /** Takes a batch. One that was taken before changes nothing. */
  append({ id, lines, counts }: AppBatch): void {
    const now = Date.now();
    if (this.#seen.has(id) || this.#isRemoved) return;
    this.#seen.add(id);
    const [oldest] = this.#seen;
    if (this.#seen.size > MOST_BATCHES && oldest !== undefined) this.#seen.delete(oldest);
    // Each isolate of the server host keeps to the limit of a deployment by itself; here they come together. What AppFlux
    // says, such as how much is missing, is not the deployment's.
    const admitted = lines.filter(
      (line) =>
        line.kind === 'notice' ||
        line.kind === 'cron' ||
        this.#rate.admit(line.deploymentId, [line], now).length > 0,
    );
    this.#add(admitted, counts);
  }

  /** The release of the app, or its server, may have changed: its crons are read again. */
  refreshCrons(): void {
    if (this.#isRemoved) return;
    this.#crons.refresh(Date.now());
    this.#rearm();
  }

  /** Some lines of the log. */
  page(query: PageQuery): RuntimeLogPage {
    return this.#existing?.page(query) ?? { items: [], lastSeq: 0, nextAfter: 0, previousBefore: null };
  }

  /** How the servers answered in the last hours, the current one included. */
  analytics({ hours, ...filter }: RuntimeAnalyticsQuery): RuntimeAnalytics {
    const now = Date.now();
    const from = firstHour(hours, now);
    return analyticsOf(this.#existing?.hours(from, filter) ?? [], from, now);
  }

  /** The app is removed: everything is forgotten, and what still arrives is dropped. */
  async destroy(): Promise<void> {
    this.#viewers.endAll();
    await this.ctx.storage.deleteAll();
    this.#opened = null;
    this.#store.keep('removedAt', Date.now());
    this.#rearm();
  }

  /** Answers an upgrade to a WebSocket: `/viewer?by=` and a `RuntimeTailQuery`. */
  override fetch(request: Request): Response {
    const { by = '', ...query } = Object.fromEntries(new URL(request.url).searchParams);
    const wait = this.#cutOff.waitFor(`viewer ${by}`, Date.now());
    if (wait > 0) return tooManyConnections(wait);
    return this.#viewers.accept(RuntimeTailQuery.parse(query), by, this.#store);
  }

  override async webSocketMessage(ws: WebSocket, message: string | ArrayBuffer): Promise<void> {
    if (wasClosed(ws)) {
      // Its second tag says whose connection it is.
      this.#cutOff.ignore(ws, this.ctx.getTags(ws)[1] ?? '');
      return;
    }
    await handling(
      ws,
      () => `runtime ${this.ctx.id.name}`,
      () => this.#viewers.message(ws, message, this.#store),
    );
  }

  override webSocketClose(ws: WebSocket): void {
    this.#viewers.closed(ws);
  }

  override webSocketError(ws: WebSocket): void {
    this.#viewers.closed(ws);
  }

  override async alarm(): Promise<void> {
    await this.#alarm.run([
      () => this.#existing?.trim(Date.now()),
      () => this.#crons.run(Date.now()),
      async () => {
        if (this.#isOver()) await this.#forgetAll();
        else this.#rearm();
      },
    ]);
  }

  #add(lines: readonly NewLine[], counts: readonly NewCounts[]): void {
    if (this.#isRemoved) return;
    const now = Date.now();
    const added = this.ctx.storage.transactionSync(() => {
      this.#store.count(counts);
      const numbered = this.#store.append(lines, now);
      if (numbered.length > 0) this.#store.trim(now);
      return numbered;
    });
    this.#viewers.lines(added);
    this.#rearm();
  }

  get #isRemoved(): boolean {
    return (this.#existing?.note('removedAt') ?? null) !== null;
  }

  #rearm(): void {
    const store = this.#existing;
    const removedAt = store?.note('removedAt') ?? null;
    if (removedAt !== null) {
      this.#alarm.ringBy(removedAt + REMOVED_FOR_MS);
      return;
    }
    this.#alarm.ringBy(store?.trimAt() ?? null);
    this.#alarm.ringBy(this.#crons.nextAt());
  }

  /** Whether nothing is kept any more. */
  #isOver(): boolean {
    const removedAt = this.#existing?.note('removedAt') ?? null;
    if (removedAt !== null) return Date.now() - removedAt >= REMOVED_FOR_MS;
    const isEmpty = (this.#existing?.trimAt() ?? null) === null && this.#crons.nextAt() === null;
    return isEmpty && this.ctx.getWebSockets().length === 0;
  }

  async #forgetAll(): Promise<void> {
    await this.ctx.storage.deleteAll();
    this.#opened = null;
  }
}
