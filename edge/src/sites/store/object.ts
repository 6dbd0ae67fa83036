/** The Durable Object of an app's published sites. It decides which packs and manifests stay in storage. */
import { DurableObject } from 'cloudflare:workers';
import type { Env } from '../../env.ts';
import { journal } from '../../journal.ts';
import { metadataOf } from '../../metadata/index.ts';
import { Alarm } from '../../objects/alarm.ts';
import { storeErrors } from '../../operations/store-errors.ts';
import { objectsOf } from '../../storage/index.ts';
import { siteManifestKey } from '../../storage/keys.ts';
import type { Attempt, PublishRequest } from './decide.ts';
import { findPublications } from './find.ts';
import { SqlSiteRows } from './rows.ts';
import { type Base, type PublishOutcome, SiteStore } from './site-store.ts';

export class SiteObject extends DurableObject<Env> {
  readonly #alarm: Alarm;
  readonly #rows: SqlSiteRows;
  readonly #store: SiteStore;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const appId = ctx.id.name ?? '';
    const objects = objectsOf(env);
    this.#rows = new SqlSiteRows(ctx.storage);
    this.#store = new SiteStore({
      appId,
      rows: this.#rows,
      objects,
      isStored: async (id) => (await objects.head(siteManifestKey(appId, id))) !== null,
      findAll: () => findPublications(objects, appId),
      now: () => Date.now(),
      onChange: () => this.#rearm(),
      onFailure: (what, error) => journal.error(`sites of app ${ctx.id.name}: ${what}`, error),
    });
    this.#alarm = new Alarm(ctx, {
      name: () => `sites of app ${ctx.id.name}`,
      onOpen: () => this.#rearm(),
      afterRun: () => storeErrors(env),
    });
  }

  /** An attempt uploads a pack with this name, or goes on. False when it needs a new name. */
  expect(name: string, by: Attempt): Promise<boolean> {
    return this.#store.expect(name, by);
  }

  /** The publication that an attempt should continue, pinned for it; null when there is none. */
  base(by: Attempt & { readonly branch: string | null }): Promise<Base | null> {
    return this.#store.base(by);
  }

  /** Publishes what an attempt has uploaded, with the bytes of its manifest. */
  publish(request: PublishRequest, manifest: Uint8Array): Promise<PublishOutcome> {
    return this.#store.publish(request, manifest);
  }

  /** Stores the manifest of a site of an earlier version; false when its deployment was removed, or storage is down. */
  adopt(deploymentId: string, manifest: Uint8Array): Promise<boolean> {
    return this.#store.adopt(deploymentId, manifest, async () => {
      const deployment = await metadataOf(this.env).deployments.byId(deploymentId);
      return (
        deployment !== null && deployment.appId === this.ctx.id.name && deployment.artifactsRemovedAt === null
      );
    });
  }

  /** Removes a pack that is not published. */
  drop(name: string): Promise<void> {
    return this.#store.drop(name);
  }

  /** Removes what attempts of a deployment other than `keep` have uploaded and published. */
  discard(deploymentId: string, keep: number | null): Promise<void> {
    return this.#store.discard(deploymentId, keep);
  }

  /** Removes what a deployment has published. The caller has marked it as removed before. */
  remove(deploymentId: string): Promise<void> {
    return this.#store.remove(deploymentId);
  }

  /** The same of several deployments. */
  async removeAll(deploymentIds: readonly string[]): Promise<void> {
    for (const id of deploymentIds) await this.#store.remove(id);
  }

  /** Removes everything: the app is being deleted. False when storage doesn't respond; the alarm goes on. */
  async destroy(): Promise<boolean> {
    try {
      await this.#store.destroy();
      return true;
    } catch (error) {
      journal.error(`sites of app ${this.ctx.id.name} could not be removed`, error);
      return false;
    }
  }

  override async alarm(): Promise<void> {
    await this.#alarm.run([() => this.#store.sweep(), () => this.#leaveIfEmpty(), () => this.#rearm()]);
  }

  /** An object with nothing to remember leaves no storage behind. */
  async #leaveIfEmpty(): Promise<void> {
    if (!this.#store.isEmpty) return;
    await this.ctx.storage.deleteAll();
    this.#rows.forget();
  }

  #rearm(): void {
    this.#alarm.ringBy(this.#store.nextDue());
  }
}
