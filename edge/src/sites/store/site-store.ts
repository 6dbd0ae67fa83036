/**
 * The store of an app's published sites: saves what `decide.ts` decides, and does it in storage.
 *
 * Calls take turns, so that a manifest is not deleted while it is written again. What is deleted is marked first and
 * forgotten afterwards: whatever is interrupted, `sweep` does again.
 */
import { isAppFluxError } from '@appflux/protocol';
import { Turns } from '../../objects/turns.ts';
import { incomingKey, siteManifestKey, sitePackKey } from '../../storage/keys.ts';
import type { ObjectStore } from '../../storage/storage.ts';
import {
  type Attempt,
  adopt,
  discard,
  discardAll,
  dropPack,
  expectPack,
  type Found,
  type NotPublished,
  type PublishRequest,
  pinBase,
  publish,
  published,
  remember,
} from './decide.ts';
import { doomed, expire, forget, markUnreachable, nextDue } from './deletions.ts';
import type { SiteState } from './state.ts';

/** Where the state is kept. */
export interface SiteRows {
  read(): SiteState;
  /** Saves what differs, in one transaction. */
  write(before: SiteState, after: SiteState): void;
}

export interface SiteStoreParts {
  readonly appId: string;
  readonly rows: SiteRows;
  readonly objects: Pick<ObjectStore, 'put' | 'delete'>;
  /** Whether a manifest of the deployment is in storage. */
  readonly isStored: (deploymentId: string) => Promise<boolean>;
  /** All publications of the app that are in storage. */
  readonly findAll: () => Promise<Found[]>;
  readonly now: () => number;
  /** The state has changed: something may be due sooner. */
  readonly onChange: () => void;
  /** Something failed that will be done later. */
  readonly onFailure: (what: string, error: unknown) => void;
}

/** A publication to continue. */
export interface Base {
  readonly deploymentId: string;
  readonly size: number;
  readonly sha256: string;
}

/** `unavailable`: storage didn't take the manifest. An error would lose its code on the way out of the object. */
export type PublishOutcome = 'ok' | 'unavailable' | NotPublished;

const GZIP = 'application/gzip';

export class SiteStore {
  readonly #parts: SiteStoreParts;
  readonly #turns = new Turns();

  constructor(parts: SiteStoreParts) {
    this.#parts = parts;
  }

  /** An attempt uploads a pack with this name, or goes on. False when it needs a new name, because this one is used up. */
  expect(name: string, by: Attempt): Promise<boolean> {
    return this.#turns.take(async () => {
      const state = expectPack(this.#state, name, by, this.#parts.now());
      if (state !== null) this.#save(state);
      return state !== null;
    });
  }

  /** The publication that an attempt should continue; it stays until the attempt publishes, or for two hours. */
  base(by: Attempt & { readonly branch: string | null }): Promise<Base | null> {
    return this.#turns.take(async () => {
      const { state, base } = pinBase(this.#state, by, this.#parts.now());
      this.#save(state);
      return base?.manifest ? { deploymentId: base.deploymentId, ...base.manifest } : null;
    });
  }

  /** Publishes what an attempt has uploaded, and stores `manifest`. Done again it changes nothing. */
  publish(request: PublishRequest, manifest: Uint8Array): Promise<PublishOutcome> {
    return this.#turns.take(async () => {
      const decided = publish(this.#state, request, this.#parts.now());
      if (decided.outcome === 'refused') return decided.why;
      this.#save(decided.state);
      const isWritten =
        decided.state.publications.get(request.deploymentId)?.state !== 'writing' ||
        (await this.#writeManifest(request.deploymentId, manifest));
      if (!isWritten) return 'unavailable';
      // What can't be deleted now stays marked, and the alarm deletes it.
      await this.#deleteUnreachable().catch((error: unknown) =>
        this.#parts.onFailure('deleting what is not needed any more failed', error),
      );
      return 'ok';
    });
  }

  /**
   * Stores the manifest of a site that an earlier version delivered as a ZIP, if `isThere` still says so: a deployment
   * is marked as removed before `remove` is called.
   */
  adopt(deploymentId: string, manifest: Uint8Array, isThere: () => Promise<boolean>): Promise<boolean> {
    return this.#turns.take(async () => {
      if (!(await isThere())) return false;
      this.#save(adopt(this.#state, deploymentId, this.#parts.now()));
      return this.#writeManifest(deploymentId, manifest);
    });
  }

  /** Removes what attempts other than `keep` have uploaded and published. Done again it changes nothing. */
  discard(deploymentId: string, keep: number | null): Promise<void> {
    return this.#turns.take(async () => {
      this.#save(discard(this.#state, deploymentId, keep));
      await this.#deleteUnreachable();
    });
  }

  /** Removes a pack that is not published. */
  drop(name: string): Promise<void> {
    return this.#turns.take(async () => {
      this.#save(dropPack(this.#state, name));
      await this.#deleteUnreachable();
    });
  }

  /** Removes what a deployment has published, also if this store has lost its record. Done again it changes nothing. */
  remove(deploymentId: string): Promise<void> {
    return this.#turns.take(async () => {
      if (!this.#state.publications.has(deploymentId) && (await this.#parts.isStored(deploymentId))) {
        // What else uses its packs has to be known before one of them is deleted.
        this.#save(remember(this.#state, await this.#parts.findAll(), this.#parts.now()));
      }
      this.#save(discard(this.#state, deploymentId, null));
      await this.#deleteUnreachable();
    });
  }

  /** Removes everything: the app is being deleted. */
  destroy(): Promise<void> {
    return this.#turns.take(async () => {
      this.#save(discardAll(this.#state));
      await this.#deleteUnreachable();
    });
  }

  /** Does what is due: throws when storage doesn't respond; call it again then. */
  sweep(): Promise<void> {
    return this.#turns.take(async () => {
      this.#save(expire(this.#state, this.#parts.now()));
      await this.#deleteUnreachable();
    });
  }

  /** When `sweep` is due, in Unix milliseconds; null when it is not. */
  nextDue(): number | null {
    return nextDue(this.#state, this.#parts.now());
  }

  /** Whether it remembers nothing. */
  get isEmpty(): boolean {
    const { publications, packs, pins } = this.#state;
    return publications.size + packs.size + pins.size === 0;
  }

  /** False when storage doesn't respond. */
  async #writeManifest(deploymentId: string, manifest: Uint8Array): Promise<boolean> {
    try {
      await this.#parts.objects.put(siteManifestKey(this.#parts.appId, deploymentId), manifest, GZIP);
    } catch (error) {
      if (!isAppFluxError(error)) throw error;
      this.#parts.onFailure('storing a manifest failed', error);
      return false;
    }
    this.#save(published(this.#state, deploymentId));
    return true;
  }

  async #deleteUnreachable(): Promise<void> {
    const { appId, objects, now } = this.#parts;
    this.#save(markUnreachable(this.#state));
    const at = now();
    const gone = doomed(this.#state, at);
    const packs = gone.packs.map((name) => sitePackKey(appId, name));
    const keys = [
      ...gone.manifests.map((id) => siteManifestKey(appId, id)),
      ...packs,
      ...[...packs, ...gone.incoming.map((name) => sitePackKey(appId, name))].map(incomingKey),
    ];
    if (keys.length === 0) return;
    await objects.delete(keys);
    this.#save(forget(this.#state, gone, at));
  }

  get #state(): SiteState {
    return this.#parts.rows.read();
  }

  #save(after: SiteState): void {
    this.#parts.rows.write(this.#state, after);
    this.#parts.onChange();
  }
}
