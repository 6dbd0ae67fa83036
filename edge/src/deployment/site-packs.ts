/** The packs of a deployment's sites, between its uploads and the app's store of sites. */
import type { SiteBase } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { sitesOf } from '../objects/sites.ts';
import { type PublishedSite, publishPack } from '../sites/packs/publish-pack.ts';
import { objectsOf, presignerOf } from '../storage/index.ts';
import { newPackName, packNameOf, siteManifestKey, sitePackKey } from '../storage/keys.ts';
import { UPLOAD_SECONDS } from '../storage/presigner.ts';
import type { Machine } from './machine.ts';

export class SitePacks {
  readonly #env: Env;
  readonly #machine: Machine;

  constructor(env: Env, machine: Machine) {
    this.#env = env;
    this.#machine = machine;
  }

  /** The publication that the attempt should continue, with a URL of its manifest; null when there is none. */
  async base(attempt: number, branch: string | null): Promise<SiteBase | null> {
    const { id: deploymentId, app } = this.#spec;
    const base = await sitesOf(this.#env, app.id).base({ deploymentId, attempt, branch });
    if (base === null) return null;
    const key = siteManifestKey(app.id, base.deploymentId);
    return { ...base, url: await presignerOf(this.#env).readUrl(key, UPLOAD_SECONDS) };
  }

  /** A key for a new pack of the attempt. Its store waits for it. */
  async newKey(attempt: number): Promise<string> {
    const key = sitePackKey(this.#spec.app.id, newPackName(this.#spec.id, attempt));
    await this.waitFor(key, attempt);
    return key;
  }

  /** Lets the store wait for a pack again. False when it does not any more: the pack needs a new key. */
  waitFor(key: string, attempt: number): Promise<boolean> {
    const { id: deploymentId, app } = this.#spec;
    return sitesOf(this.#env, app.id).expect(packNameOf(key), { deploymentId, attempt });
  }

  /** Publishes a pack that is in storage. Throws like `publishPack`. */
  publish(attempt: number, { key, size }: { key: string; size: number }): Promise<PublishedSite> {
    const { id: deploymentId, app, environment, limits } = this.#spec;
    const sites = sitesOf(this.#env, app.id);
    const { branch } = this.#machine.current().state;
    return publishPack(
      {
        appId: app.id,
        deploymentId,
        attempt,
        branch,
        environment,
        name: packNameOf(key),
        key,
        size,
        maxBytes: limits.artifactBytes,
      },
      {
        objects: objectsOf(this.#env),
        publish: (request, manifest) => sites.publish(request, manifest),
      },
    );
  }

  /** The pack is not published. */
  async drop(key: string): Promise<void> {
    await sitesOf(this.#env, this.#spec.app.id).drop(packNameOf(key));
  }

  /** Removes what attempts other than `keep` have uploaded and published. */
  async discard(keep: number | null): Promise<void> {
    await sitesOf(this.#env, this.#spec.app.id).discard(this.#spec.id, keep);
  }

  get #spec() {
    return this.#machine.current().spec;
  }
}
