/**
 * Runs the crons of an app's release, from the alarm of the app's object. What is due is stored as done before it is run:
 * a run happens once at most.
 */
import { type RuntimeEvent, SERVER_LIMITS } from '@appflux/protocol';
import type { Env } from '../../env.ts';
import { journal } from '../../journal.ts';
import { metadataOf } from '../../metadata/index.ts';
import { isUntrusted, scopeOf } from '../../metadata/sites.ts';
import { siteManifest } from '../../sites/store/manifest.ts';
import { type ScheduledRun, SERVERS_URL } from '../visit/protocol.ts';
import { watched } from '../visit/watched.ts';
import { type CronState, type CronTime, cronsFrom, dueCrons, lookAt } from './cron-state.ts';
import type { NewLine } from './store.ts';

/** How long a run may take, in milliseconds: as on Cloudflare. */
const RUN_WITHIN_MS = 15 * 60_000;

/** Where the state is kept. */
const KEY = 'crons';

export interface CronsOptions {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  /** Adds a line to the log. */
  readonly log: (line: NewLine) => void;
}

export class Crons {
  readonly #options: CronsOptions;
  /** The expressions that run now. */
  readonly #running = new Set<string>();

  constructor(options: CronsOptions) {
    this.#options = options;
  }

  /** The release may have changed. */
  refresh(now: number): void {
    this.#options.ctx.storage.kv.put(`${KEY}At`, now);
  }

  /** When to call `run`, in Unix milliseconds; null for an app whose release has no crons. */
  nextAt(): number | null {
    return this.#options.ctx.storage.kv.get<number>(`${KEY}At`) ?? null;
  }

  /** Starts what is due at `now`. Throws AppFluxError `unavailable` if the release can't be read now: then it stays due. */
  async run(now: number): Promise<void> {
    const { kv } = this.#options.ctx.storage;
    const at = this.nextAt();
    if (at === null || at > now) return;
    const release = await this.#release();
    if (release === null) {
      kv.delete(KEY);
      kv.delete(`${KEY}At`);
      return;
    }
    const before = kv.get<CronState>(KEY) ?? null;
    const isNew = before?.deploymentId !== release.deploymentId;
    const { due, missed, state } = isNew
      ? { due: [], missed: [], state: await this.#read(release.deploymentId, now) }
      : dueCrons(before, now);
    kv.put(KEY, state);
    if (state.times.length === 0) kv.delete(`${KEY}At`);
    else kv.put(`${KEY}At`, lookAt(state, now));
    for (const { cron } of missed)
      this.#note(release.deploymentId, cron, 'warn', 'Not run: the instance was not running at its time.');
    for (const time of due) this.#options.ctx.waitUntil(this.#start(release, time));
  }

  /** The app's release, if it may have crons. */
  async #release(): Promise<{ deploymentId: string; revision: string } | null> {
    const metadata = metadataOf(this.#options.env);
    const app = await metadata.apps.byId(this.#appId);
    if (app?.release == null) return null;
    const deployment = await metadata.deployments.byId(app.release);
    // The record of a site without a server says so, and its manifest needs not be read.
    if (deployment === null || deployment.site?.kind !== 'server') return null;
    const scope = scopeOf({ ...deployment, isUntrusted: isUntrusted(deployment) });
    return scope === 'production'
      ? { deploymentId: deployment.id, revision: app.serverRevision ?? 'first' }
      : null;
  }

  async #read(deploymentId: string, now: number): Promise<CronState> {
    const manifest = await siteManifest(this.#options.env, { id: deploymentId, appId: this.#appId });
    const crons = (manifest?.server?.crons ?? []).slice(0, SERVER_LIMITS.crons);
    const { state, invalid } = cronsFrom(deploymentId, crons, now);
    for (const cron of invalid)
      this.#note(
        deploymentId,
        cron,
        'error',
        'Never runs: this is not a cron expression, or names no day that exists.',
      );
    return state;
  }

  async #start(
    release: { deploymentId: string; revision: string },
    { cron, index, nextAt }: CronTime,
  ): Promise<void> {
    const { deploymentId } = release;
    if (this.#running.has(cron)) {
      this.#note(deploymentId, cron, 'warn', 'Not run: the run before it has not ended.');
      return;
    }
    this.#running.add(cron);
    try {
      const run: ScheduledRun = {
        appId: this.#appId,
        ...release,
        scope: 'production',
        cron,
        index,
        scheduledTime: nextAt,
      };
      const { SERVERS, SERVERS_PROCESS } = this.#options.env;
      if (SERVERS === undefined) {
        this.#note(deploymentId, cron, 'error', 'Not run: this instance runs no servers.');
        return;
      }
      const watch = {
        deploymentId,
        mayRepeat: false,
        waitUntil: (promise: Promise<unknown>) => this.#options.ctx.waitUntil(promise),
      };
      const outcome = await watched(SERVERS_PROCESS, watch, () => send(SERVERS, run));
      if ('until' in outcome)
        this.#note(
          deploymentId,
          cron,
          'error',
          'Not run: this server is paused, because it stopped all servers.',
        );
      else if ('error' in outcome) throw outcome.error;
      // What the run did, the server host has noted.
      else await outcome.response.body?.cancel();
    } catch (error) {
      journal.error(`the cron ${cron} of ${deploymentId} was not run, or did not end`, error);
      this.#note(
        deploymentId,
        cron,
        'error',
        'Not run, or stopped: the server host doesn’t respond, or 15 minutes are over.',
      );
    } finally {
      this.#running.delete(cron);
    }
  }

  #note(deploymentId: string, cron: string, level: RuntimeEvent['level'], text: string): void {
    this.#options.log({
      at: new Date().toISOString(),
      kind: 'cron',
      level,
      text,
      stack: null,
      request: null,
      cron,
      deploymentId,
      environment: 'production',
      place: null,
    });
  }

  get #appId(): string {
    return this.#options.ctx.id.name ?? '';
  }
}

/** Sends a run to the server host. */
async function send(
  servers: Fetcher,
  run: ScheduledRun,
): Promise<{ response: Response } | { none: 'gone'; error: unknown }> {
  try {
    const response = await servers.fetch(`${SERVERS_URL}/scheduled`, {
      method: 'POST',
      body: JSON.stringify(run),
      signal: AbortSignal.timeout(RUN_WITHIN_MS),
    });
    return { response };
  } catch (error) {
    return { none: 'gone', error };
  }
}
