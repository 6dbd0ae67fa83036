/**
 * A team's pool as everyone calls it, wherever in it something is. A pool that was never split costs one call of its one
 * object; so does a split one whose layout this isolate knows, where the call is for an App or a runner.
 */
import type { BuildLimits, Look, PictureResult } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { allFigures, allLoad, allOnline, allOverview, type PoolLoad } from './gather.ts';
import { addressed } from './header.ts';
import { knownLayout, noteLayout } from './known-layouts.ts';
import { type Address, homeOf, type Layout } from './layout.ts';
import { layoutIn, layoutOf } from './moved.ts';
import {
  type ConnectedRunner,
  type NewLook,
  type Offer,
  type PoolFigures,
  type PoolOverview,
  type RegisteredRunner,
  type ShardStub,
  shardStub,
  type Wanted,
} from './shard-stub.ts';

/** How often a call is repeated because the layout has changed. It changes seldom, and each time the newest is answered. */
const MOST_TRIES = 4;

export class TeamPool {
  readonly #env: Pick<Env, 'POOLS'>;
  readonly #ownerId: string;

  constructor(env: Pick<Env, 'POOLS'>, ownerId: string) {
    this.#env = env;
    this.#ownerId = ownerId;
  }

  /** A deployment wants to be built. Offering it again changes nothing. */
  async offer(offer: Offer): Promise<void> {
    await this.#atHome(offer.appId, (shard, at) => shard.offer(offer, at));
  }

  /** A deployment of an App has ended, or is not to be built any more. */
  async withdraw(deploymentId: string, appId: string): Promise<void> {
    await this.#atHome(appId, (shard, at) => shard.withdraw(deploymentId, at));
  }

  /** Why a deployment of an App waits; null when it does not. */
  waitingReason(deploymentId: string, appId: string): Promise<string | null> {
    return this.#atHome(appId, (shard, at) => shard.waitingReason(deploymentId, at));
  }

  /** A site was published: its picture is to be taken when a runner has nothing else to do. */
  async picture(wanted: Wanted): Promise<void> {
    await this.#atHome(wanted.appId, (shard, at) => shard.picture(wanted, at));
  }

  /** Whether a runner was asked for a picture by this request, and has not answered yet. */
  async hasPicture(runnerId: string, deploymentId: string, id: string): Promise<boolean> {
    const asked = await this.#atAll((shard, at) => shard.hasPicture(runnerId, deploymentId, id, at));
    return asked.includes(true);
  }

  /** A request for a picture has ended. */
  async pictureEnded(
    runnerId: string,
    deploymentId: string,
    id: string,
    outcome: PictureResult['outcome'],
  ): Promise<void> {
    await this.#atAll((shard, at) => shard.pictureEnded(runnerId, deploymentId, id, outcome, at));
  }

  /** How many jobs wait. */
  async depth(): Promise<number> {
    const depths = await this.#atAll((shard, at) => shard.depth(at));
    return depths.reduce((sum, depth) => sum + depth, 0);
  }

  /** How many attempts are out with runners, and how many jobs wait. */
  async load(): Promise<PoolLoad> {
    return allLoad(await this.#atAll((shard, at) => shard.load(at)));
  }

  /** The jobs that wait and the runners, by labels. */
  async figures(): Promise<PoolFigures> {
    return allFigures(await this.#atAll((shard, at) => shard.figures(at)));
  }

  /** How these deployments stand, which runners are connected, and which attempts are out. */
  async overview(deploymentIds: readonly string[]): Promise<PoolOverview> {
    return allOverview(await this.#atAll((shard, at) => shard.overview(deploymentIds, at)));
  }

  /** Those of some runners that are connected; of all without ids. */
  async online(ids: readonly string[] | null = null): Promise<ConnectedRunner[]> {
    return allOnline(await this.#atAll((shard, at) => shard.online(ids, at)));
  }

  /** Somebody wants to know what a repository would be built as. Asking again changes nothing. False: too many. */
  look(look: NewLook): Promise<boolean> {
    return this.#atHome(look.id, (shard, at) => shard.look(look, at));
  }

  /** A look as its caller sees it; null if it isn't theirs, or not kept any longer. */
  async lookOf(id: string, callerId: string): Promise<Look | null> {
    const looks = await this.#atAll((shard, at) => shard.lookOf(id, callerId, at));
    return looks.find((look) => look !== null) ?? null;
  }

  /** A draining runner finishes its builds and gets no new ones. */
  async drain(runnerId: string, draining: boolean): Promise<void> {
    await this.#atAll((shard, at) => shard.drain(runnerId, draining, at));
  }

  /** Somebody has changed what a runner is registered for. */
  async register(runner: RegisteredRunner): Promise<void> {
    await this.#atAll((shard, at) => shard.register(runner, at));
  }

  /** Replaces the team's limits. What runs goes on, also where it is more than they allow. */
  async limit(limits: BuildLimits): Promise<void> {
    await this.#atAll((shard, at) => shard.limit(limits, at));
  }

  /** Cuts a removed runner off, in the middle of its builds. */
  async revoke(runnerId: string): Promise<void> {
    await this.#atAll((shard, at) => shard.revoke(runnerId, at));
  }

  /** Passes on a runner's request for its WebSocket. The Worker has authenticated the runner and named it in the request. */
  connect(runnerId: string, request: Request): Promise<Response> {
    return this.#following(async (layout) => {
      const at = this.#address(homeOf(runnerId, layout.shards), layout);
      const answer = await shardStub(this.#env, at).fetch(addressed(request, at));
      const movedTo = await layoutOf(answer);
      return movedTo === null ? { answer } : { movedTo };
    });
  }

  #address(shard: number, layout: Layout): Address {
    return { ownerId: this.#ownerId, shard, layout };
  }

  /** Calls the shard of an App or of a look. */
  #atHome<Answer>(key: string, call: (shard: ShardStub, at: Address) => Promise<Answer>): Promise<Answer> {
    return this.#calling((layout) => {
      const at = this.#address(homeOf(key, layout.shards), layout);
      return call(shardStub(this.#env, at), at);
    });
  }

  /** Calls all shards side by side. Runners move between them, so what is meant for one may have to reach it anywhere. */
  #atAll<Answer>(call: (shard: ShardStub, at: Address) => Promise<Answer>): Promise<Answer[]> {
    return this.#calling((layout) =>
      Promise.all(
        Array.from({ length: layout.reach }, (_, shard) => {
          const at = this.#address(shard, layout);
          return call(shardStub(this.#env, at), at);
        }),
      ),
    );
  }

  #calling<Answer>(call: (layout: Layout) => Promise<Answer>): Promise<Answer> {
    return this.#following(async (layout) => {
      const answer = await call(layout);
      const movedTo = newestIn(Array.isArray(answer) ? answer : [answer]);
      return movedTo === null ? { answer } : { movedTo };
    });
  }

  /** Tries by the layout that is known here, and by newer ones as they are answered. */
  async #following<Answer>(
    attempt: (layout: Layout) => Promise<{ answer: Answer } | { movedTo: Layout }>,
  ): Promise<Answer> {
    for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
      const outcome = await attempt(knownLayout(this.#ownerId));
      if ('answer' in outcome) return outcome.answer;
      noteLayout(this.#ownerId, outcome.movedTo);
    }
    throw new Error(`the pool of ${this.#ownerId} changes its layout too fast`);
  }
}

/** The newest layout that one of some answers tells of; null if none does. */
const newestIn = (answers: readonly unknown[]): Layout | null =>
  answers
    .map(layoutIn)
    .reduce<Layout | null>(
      (newest, layout) =>
        layout !== null && layout.generation > (newest?.generation ?? -1) ? layout : newest,
      null,
    );

/** The pool of a team's runners. */
export const poolOf = (env: Pick<Env, 'POOLS'>, ownerId: string): TeamPool => new TeamPool(env, ownerId);
