/** One sandbox that is made before its build needs it: folders, and a container in which nothing runs but a wait. */
import type { JobLimits } from '@appflux/protocol';
import type { MountSettings } from 'dockerode';
import type { Settings } from '../../config/settings.ts';
import { type AttemptFolder, removeAttemptFolder } from '../attempt-folder.ts';
import { waitingSpec } from '../container-spec.ts';
import { type Engine, removeContainer } from '../engine.ts';
import { maxOpenFiles } from '../open-files.ts';
import type { NamespaceLender } from '../start-alone.ts';
import { guardFor } from '../vsock.ts';
import { openWaiting, type WaitingContainer } from '../waiting-container.ts';
import { type LateMount, lateMounts, mountLate, unmountLate } from './late-mounts.ts';
import { makeWaitingFolder } from './waiting-folder.ts';

export interface SandboxHost {
  readonly engine: Engine;
  readonly runnerId: string;
  readonly settings: Settings;
  /** Null where the engine makes all of them. */
  readonly namespaces: NamespaceLender | null;
}

/** The limits that a container is made with. */
export type SandboxLimits = Pick<JobLimits, 'memoryBytes' | 'cpus' | 'pids' | 'diskBytes'>;

/** What two builds must have in common to run in a sandbox that was made for either. The network is the runner's setting. */
export interface SandboxKey {
  /** The engine's id of the image. */
  readonly imageId: string;
  readonly limits: SandboxLimits;
}

export class PreparedSandbox {
  readonly key: SandboxKey;
  readonly folder: AttemptFolder;
  readonly #host: SandboxHost;
  readonly #making: Promise<void>;
  readonly #opening: Promise<WaitingContainer>;
  /** When its container began to wait, by `performance.now()`; null until then. */
  #openedAt: number | null = null;
  #mounted: readonly LateMount[] = [];
  #lost = false;
  #given = false;
  /** The removal of its container; null before it, and after one that failed. */
  #removal: Promise<void> | null = null;

  /** Begins to make one in a folder that does not exist. */
  constructor(host: SandboxHost, key: SandboxKey, folder: AttemptFolder) {
    this.#host = host;
    this.key = key;
    this.folder = folder;
    this.#making = makeWaitingFolder(folder, key.limits.diskBytes);
    this.#opening = this.#making.then(() => this.#open());
    this.#opening.then(
      ({ ended }) => {
        this.#openedAt = performance.now();
        // However it ends: a build that has it gets the error.
        ended.finally(() => this.#markLost()).catch(() => undefined);
      },
      () => this.#markLost(),
    );
  }

  async #open(): Promise<WaitingContainer> {
    const { engine, runnerId, settings, namespaces } = this.#host;
    const { imageId, limits } = this.key;
    const { top, workspace, net, cacheMount } = this.folder;
    const frame = {
      image: imageId,
      runnerId,
      limits,
      openFiles: await maxOpenFiles(engine, runnerId, imageId),
      guard: await guardFor(engine, settings.runtime),
      runtime: settings.runtime,
      network: settings.network === 'bridge' ? ('bridge' as const) : ('none' as const),
    };
    const folders = { source: workspace.source, net, cache: cacheMount };
    const source = namespaces && { lender: namespaces, folder: top };
    return openWaiting(engine, waitingSpec(frame, folders), source);
  }

  #markLost(): void {
    this.#lost = true;
  }

  /** Whether no build can run in it any more: it could not be made, or its container has ended. */
  get lost(): boolean {
    return this.#lost;
  }

  /** How long it has waited, in milliseconds. */
  get ageMs(): number {
    return this.#openedAt === null ? 0 : performance.now() - this.#openedAt;
  }

  /** Whether a build has run in its container, or runs in it. */
  get given(): boolean {
    return this.#given;
  }

  /** Resolves when its folders can be filled. @throws if they could not be made */
  folderMade(): Promise<void> {
    return this.#making;
  }

  /** Resolves when its container waits. @throws the reason why there is none */
  async opened(): Promise<void> {
    await this.#opening;
  }

  /** The id of its container; null if there is none. */
  async containerId(): Promise<string | null> {
    return this.#opening.then(
      ({ container }) => container.id,
      () => null,
    );
  }

  /**
   * Gives the container to a build, once, with what the build has mounted.
   * @returns null if the build needs a container of its own: its image is another, or the container can't have its
   *   mounts or is gone
   * @throws the error of a mount that failed, or of the engine
   */
  async give(imageId: string, mounts: readonly MountSettings[]): Promise<WaitingContainer | null> {
    const late = lateMounts(mounts, this.folder);
    if (late === null || imageId !== this.key.imageId) return null;
    const waiting = await this.#opening;
    if (this.#lost || this.#given) return null;
    this.#given = true;
    await mountLate(this.folder.top, late);
    this.#mounted = late;
    return waiting;
  }

  /** Unmounts what the build had mounted. Its container has ended. */
  async unmount(): Promise<void> {
    const mounted = this.#mounted;
    this.#mounted = [];
    await unmountLate(mounted);
  }

  /** Removes the container, also one that could not be given. @throws the engine's error */
  removeContainer(): Promise<void> {
    this.#removal ??= this.#removeContainer().catch((error: unknown) => {
      this.#removal = null;
      throw error;
    });
    return this.#removal;
  }

  async #removeContainer(): Promise<void> {
    // One that could not be opened has removed what it had; who waited for it got the error.
    const waiting = await this.#opening.catch(() => null);
    if (waiting !== null) await removeContainer(waiting.container);
  }

  /** Removes everything. @throws the engine's error, or that of the file system */
  async remove(): Promise<void> {
    const { engine, runnerId } = this.#host;
    await this.removeContainer();
    await removeAttemptFolder(engine, runnerId, this.folder.top);
  }
}
