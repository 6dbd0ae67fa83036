/**
 * The Durable Object of one team's repository at a Git host: what is shown there of deployments. It sends one request
 * after the other, in order, and keeps the newest state of each thing until the host has it.
 */
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../env.ts';
import { HostRefusal } from '../git-hosts/refusal.ts';
import { journal } from '../journal.ts';
import { limitedSql } from '../limits/sql.ts';
import { metadataOf } from '../metadata/index.ts';
import { Alarm } from '../objects/alarm.ts';
import { storeErrors } from '../operations/store-errors.ts';
import { type ChosenClient, chooseClient } from './clients.ts';
import type { ReportFacts } from './host-client.ts';
import { nextAfter } from './retry.ts';
import { KEPT_MS, ReportStore, type Target } from './store.ts';
import { commentBody, commentMarker } from './text.ts';

/** How long one alarm sends, in milliseconds; what is due then is left to the next one. */
const SENDS_FOR_MS = 60_000;

/** The name of a team's repository. */
export const reportName = (ownerId: string, repoKey: string): string => `${ownerId}:${repoKey}`;

export class ReportObject extends DurableObject<Env> {
  #opened: ReportStore | null = null;
  readonly #alarm: Alarm;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#alarm = new Alarm(ctx, {
      name: () => `reports ${this.#place.repoKey}`,
      onOpen: () => this.#rearm(),
      afterRun: () => storeErrors(env),
    });
  }

  /** Any call after everything was forgotten recreates the tables. */
  get #store(): ReportStore {
    this.#opened ??= new ReportStore(limitedSql(this.ctx.storage.sql));
    return this.#opened;
  }

  get #place(): { ownerId: string; repoKey: string } {
    const name = this.ctx.id.name ?? '';
    const at = name.indexOf(':');
    return { ownerId: name.slice(0, at), repoKey: name.slice(at + 1) };
  }

  /** Takes how a deployment stands. Repeated, or late, it changes nothing. */
  report(facts: ReportFacts): void {
    this.#store.take(facts, Date.now());
    this.#rearm();
  }

  /** Ends a pause: what it waited for may have changed. */
  resume(): void {
    this.#store.setNote('paused', '0');
    this.#rearm();
  }

  override async alarm(): Promise<void> {
    await this.#alarm.run([
      () => this.#sendDue(),
      () => this.#store.trim(Date.now()),
      () => this.#forgetAll(),
      () => this.#rearm(),
    ]);
  }

  get #pausedUntil(): number {
    return Number(this.#store.note('paused') ?? 0);
  }

  /** Rings for what waits, and otherwise when everything may be forgotten. */
  #rearm(): void {
    const due = this.#store.dueAt();
    const changedAt = this.#store.changedAt();
    if (due !== null) this.#alarm.ringBy(Math.max(due, this.#pausedUntil));
    else if (changedAt !== null) this.#alarm.ringBy(changedAt + KEPT_MS);
  }

  /** Nothing was reported for so long that nobody waits for it. */
  async #forgetAll(): Promise<void> {
    if (this.#store.changedAt() !== null) return;
    await this.ctx.storage.deleteAll();
    this.#opened = null;
  }

  async #sendDue(): Promise<void> {
    const until = Date.now() + SENDS_FOR_MS;
    while (Date.now() < until) {
      const now = Date.now();
      const target = this.#pausedUntil > now ? null : this.#store.due(now);
      if (target === null) return;
      await this.#send(target);
    }
  }

  async #send(target: Target): Promise<void> {
    let chosen: ChosenClient | null = null;
    try {
      chosen = await this.#choose(target.facts);
      if (chosen === null) this.#store.giveUp(target, 'No token may write to this repository', Date.now());
      else this.#store.markSent(target, await this.#perform(target, chosen), Date.now());
    } catch (error) {
      const refusal =
        error instanceof HostRefusal ? error : new HostRefusal('later', String(error), { cause: error });
      if (refusal.kind === 'token') chosen?.forgetToken();
      this.#refused(target, refusal);
    }
  }

  async #choose({ app }: ReportFacts): Promise<ChosenClient | null> {
    const metadata = metadataOf(this.env);
    return chooseClient(this.env, metadata, { ...this.#place, app: await metadata.apps.byId(app.id) });
  }

  /** @returns the host's id of what was made */
  async #perform(target: Target, { client }: ChosenClient): Promise<string | null> {
    const { kind, facts, hostId } = target;
    switch (kind) {
      case 'status':
        if (!client.statusPerDeployment && this.#store.hasNewer(target)) return null;
        return client.setStatus(facts, hostId);
      case 'deployment':
        return client.setDeployment === undefined ? null : client.setDeployment(facts, hostId);
      case 'comment': {
        const { number = 0 } = facts.pullRequest ?? {};
        const marker = commentMarker(this.#place.ownerId);
        return client.comment(number, marker, commentBody(marker, this.#store.rowsOf(number)), hostId);
      }
    }
  }

  #refused(target: Target, refusal: HostRefusal): void {
    const now = Date.now();
    const { attempts, since, key } = target;
    const next = nextAfter({ attempts: attempts + 1, since }, refusal, now);
    const what = `${key} at ${this.#place.repoKey}`;
    if (next.what === 'give_up') {
      this.#store.giveUp(target, refusal.message, now);
      journal.info(`${what} was given up: ${refusal.message}`);
      return;
    }
    const at = next.what === 'pause' ? next.until : next.at;
    // A pause that ends sooner than it was said to ends for this one, too.
    this.#store.retry(target, next.what === 'pause' ? now : at, refusal.message);
    if (next.what === 'pause') this.#store.setNote('paused', String(at));
    journal.info(`${what} waits until ${new Date(at).toISOString()}: ${refusal.message}`);
  }
}
