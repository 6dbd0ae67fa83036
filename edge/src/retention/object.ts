/**
 * The Durable Objects of retention. The one called `sweep` walks through all Apps, a budget of requests at a time, each time
 * by its alarm, and asks the object of each App to sweep it. That removes what its own budget allows and goes on by its own
 * alarm, so that Apps are swept side by side and no request waits for it.
 */
import { DurableObject } from 'cloudflare:workers';
import type { BackupStatus, RetentionDefaults } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { Budget } from '../limits/budget.ts';
import { metadataOf } from '../metadata/index.ts';
import { Alarm } from '../objects/alarm.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { type ObjectStub, objectStub } from '../objects/stub.ts';
import { storeErrors } from '../operations/store-errors.ts';
import { objectsOf } from '../storage/index.ts';
import { type AppSweep, sweepApp, type Walk } from './app.ts';
import { afterReport, afterRun, dueRound, type Report, type Round } from './round.ts';
import { sweepFrom } from './run.ts';

/** Deployments that are removed at the same time. */
const AT_ONCE = 20;

/** How long the walk goes on without a pause, in milliseconds: an alarm may take 15 minutes, and the cron waits for the first. */
const WALK_MS = 30_000;

/** What the walk waits for of one App: requests, and milliseconds. */
const FIRST = { requests: 200, ms: 5_000 };

const stubOf = (env: Pick<Env, 'SWEEP'>, name: string): ObjectStub<SweepObject> =>
  objectStub(() => env.SWEEP.getByName(name), {
    round: 'repeat',
    note: 'repeat',
    runRound: 'repeat',
    report: 'once',
    sweepApp: 'repeat',
    backup: 'repeat',
    noteBackup: 'repeat',
    destroyDeployments: 'repeat',
  });

/** The one object of an instance that walks through the Apps. */
export const sweepOf = (env: Pick<Env, 'SWEEP'>) => stubOf(env, 'sweep');

/** The object that removes what an App has. */
export const removerOf = (env: Pick<Env, 'SWEEP'>, appId: string) => stubOf(env, appId);

/** What the object of an App is in the middle of. */
interface Pending {
  appId: string;
  walk: Walk;
  defaults: RetentionDefaults;
  /** When the round began that asked for it, Unix milliseconds. */
  begunAt: number;
}

export class SweepObject extends DurableObject<Env> {
  readonly #alarm: Alarm;
  #running: Promise<void> | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#alarm = new Alarm(ctx, {
      name: () => `sweep ${ctx.id.name ?? ''}`,
      afterRun: () => storeErrors(env),
    });
  }

  /** The last round, or null before there was one. */
  async round(): Promise<Round | null> {
    return (await this.ctx.storage.get<Round>('round')) ?? null;
  }

  async note(round: Round): Promise<void> {
    await this.ctx.storage.put('round', round);
  }

  /** Runs some of the round that is due at `now` (Unix milliseconds), if one is; the alarm does the rest. */
  async runRound(now: number, defaults: RetentionDefaults): Promise<void> {
    const round = dueRound(await this.round(), now);
    if (round === null) return;
    await this.note({ ...round, defaults });
    await this.#runOnce(now);
  }

  /** Adds what an App's object found and did after the round had asked it. */
  async report(report: Report): Promise<void> {
    const round = await this.round();
    if (round !== null) await this.note(afterReport(round, report));
  }

  /**
   * Sweeps the App that this object is named after, as far as one budget goes; the alarm does the rest. Gives what was
   * done by now. While the rest of an earlier call is pending nothing more is begun.
   */
  async sweepApp(
    appId: string,
    asked: Pick<Pending, 'defaults' | 'begunAt'>,
    now: number,
  ): Promise<AppSweep> {
    const pending = await this.ctx.storage.get<Pending>('pending');
    if (pending !== undefined) {
      await this.ctx.storage.put<Pending>('pending', { ...pending, ...asked });
      this.#alarm.ringBy(Date.now());
      return { items: [], failures: [], artifactBytes: pending.walk.artifactBytes, walk: null };
    }
    const app = await metadataOf(this.env).apps.byId(appId);
    if (app === null) return { items: [], failures: [], artifactBytes: 0, walk: null };
    const swept = await sweepApp(app, this.#parts(), {
      defaults: asked.defaults,
      budget: new Budget(FIRST.requests, FIRST.ms),
      now,
      dryRun: false,
    });
    if (swept.walk !== null) {
      await this.ctx.storage.put<Pending>('pending', { appId, walk: swept.walk, ...asked });
      this.#alarm.ringBy(Date.now());
    }
    // The caller needs no list of what may be hundreds of items, and the walk is this object's.
    return { ...swept, items: [], walk: null };
  }

  override async alarm(): Promise<void> {
    await this.#alarm.run([() => this.#goOn(), () => this.#runPending()]);
  }

  /** How the instance's backups go, as was last reported; null before anything was. */
  async backup(): Promise<BackupStatus | null> {
    return (await this.ctx.storage.get<BackupStatus>('backup')) ?? null;
  }

  /** What a report leaves out stays as it was, unless it is about another backup. */
  async noteBackup(status: BackupStatus): Promise<void> {
    const before = await this.backup();
    const same = before !== null && before.target === status.target ? before : null;
    const { verifiedAt = same?.verifiedAt ?? null, bytes = same?.bytes ?? null } = status;
    await this.ctx.storage.put<BackupStatus>('backup', { ...status, verifiedAt, bytes });
  }

  /** Removes these deployments, 100 at most, with all that they have in storage; false when not all of them could be. */
  async destroyDeployments(ids: readonly string[]): Promise<boolean> {
    for (let from = 0; from < ids.length; from += AT_ONCE) {
      const some = ids.slice(from, from + AT_ONCE);
      const removed = await Promise.all(some.map((id) => deploymentOf(this.env, id).destroy()));
      if (removed.includes(false)) return false;
    }
    return true;
  }

  #parts() {
    return { env: this.env, metadata: metadataOf(this.env), objects: objectsOf(this.env) };
  }

  /** Goes on with the round. */
  async #goOn(): Promise<void> {
    const round = await this.round();
    if (round?.position != null && round.defaults !== undefined) await this.#runOnce(Date.now());
  }

  /** Runs some of the round, unless that is under way. */
  #runOnce(now: number): Promise<void> {
    this.#running ??= this.#runSome(now).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #runSome(now: number): Promise<void> {
    const { position, begunAt, defaults } = (await this.round()) ?? {};
    if (position == null || begunAt === undefined || defaults === undefined) return;
    const run = await sweepFrom(this.#parts(), {
      from: position,
      dryRun: false,
      now,
      budget: new Budget(undefined, WALK_MS),
      sweepOne: ({ id }) => removerOf(this.env, id).sweepApp(id, { defaults, begunAt }, now),
    });
    // Reports of Apps have come meanwhile.
    const round = await this.round();
    if (round === null) return;
    await this.note(afterRun(round, run));
    if (run.next !== null) this.#alarm.ringBy(Date.now());
  }

  /** Goes on with the App. */
  async #runPending(): Promise<void> {
    const pending = await this.ctx.storage.get<Pending>('pending');
    if (pending === undefined) return;
    const { appId, walk, defaults, begunAt } = pending;
    const app = await metadataOf(this.env).apps.byId(appId);
    if (app === null) return this.ctx.storage.deleteAll();
    const parts = this.#parts();
    await parts.objects.ping();
    const now = Date.now();
    const swept = await sweepApp(app, parts, {
      defaults,
      budget: new Budget(),
      now,
      dryRun: false,
      from: walk,
    });
    const artifactBytes = swept.artifactBytes - walk.artifactBytes;
    const failed = swept.failures.length > 0;
    await sweepOf(this.env).report({ begunAt, artifactBytes, failed });
    if (swept.walk === null) {
      // An object with nothing to remember leaves no storage behind.
      await this.ctx.storage.deleteAll();
      return;
    }
    await this.ctx.storage.put<Pending>('pending', { ...pending, walk: swept.walk });
    this.#alarm.ringBy(Date.now());
  }
}
