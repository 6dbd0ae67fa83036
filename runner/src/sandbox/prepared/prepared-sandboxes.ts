/** The sandboxes that a runner makes before builds need them. */
import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { freemem } from 'node:os';
import { describeError, type Journal } from '../../journal.ts';
import { type AttemptFolder, attemptFolder, removeAttemptFolder, workFolder } from '../attempt-folder.ts';
import { engineMessage } from '../engine.ts';
import {
  PreparedSandbox,
  type SandboxHost,
  type SandboxKey,
  type SandboxLimits,
} from './prepared-sandbox.ts';

export interface PreparedSandboxesOptions extends SandboxHost {
  readonly journal: Journal;
  /** How many wait at a time; 0 for none. */
  readonly most: number;
  /** How old a waiting one gets, in milliseconds. */
  readonly maxAgeMs?: number;
  /** How long commands of a build run before the next sandbox is made beside them, in milliseconds. */
  readonly besideMs?: number;
}

/** Who takes a sandbox, and with which limits. */
export interface Taker {
  readonly deploymentId: string;
  readonly attempt: number;
  readonly appId: string;
  /** The name of the image that its settings say; null if only its source can say. */
  readonly image: string | null;
  readonly limits: SandboxLimits;
}

/** What a build has run in, which the next one may want as well. */
export interface Used extends SandboxKey {
  /** The name of the image. */
  readonly image: string;
}

const MAX_AGE_MS = 10 * 60_000;
const LOOK_EVERY_MS = 30_000;
/** The engine starts a container in less; a shorter build would be slowed down by it, and a long one isn't. */
const BESIDE_MS = 2000;
/** Apps whose images are remembered. */
const REMEMBERED = 200;
/** Memory that has to be available on the host, in bytes: a waiting container with its shim takes about 10 MB. */
const LEAST_MEMORY = 512 * 1024 ** 2;

/**
 * Keeps some waiting for what was built last. Each is for one build: it is taken when the attempt begins, and removed
 * with the attempt's folder, whether the build has used it or not.
 */
export class PreparedSandboxes {
  readonly #options: PreparedSandboxesOptions;
  #waiting: PreparedSandbox[] = [];
  /** By the top of their folders. */
  readonly #taken = new Map<string, PreparedSandbox>();
  /** The tops of attempts' folders whose commands do not run yet: nothing is made while the engine works for them. */
  readonly #onTheWay = new Set<string>();
  /** The tops of the folders of attempts that have a slot. */
  readonly #building = new Set<string>();
  /** The names of images by the ids of apps. */
  readonly #ofApps = new Map<string, string>();
  /** The ids of images by their names. */
  readonly #ids = new Map<string, string>();
  readonly #removing = new Set<Promise<void>>();
  /** Those whose removal has failed: the engine may be away for a while. */
  readonly #leftovers: PreparedSandbox[] = [];
  readonly #watch: NodeJS.Timeout | undefined;
  #last: Used | null = null;
  #filling: Promise<void> | null = null;
  #beside: NodeJS.Timeout | undefined;
  #closed = false;
  #complaint = '';

  constructor(options: PreparedSandboxesOptions) {
    this.#options = options;
    if (options.most === 0) return;
    const { maxAgeMs = MAX_AGE_MS } = options;
    this.#watch = setInterval(() => this.#renew(maxAgeMs), Math.min(LOOK_EVERY_MS, maxAgeMs)).unref();
  }

  /**
   * The folder of an attempt. It is that of a waiting sandbox if one has its limits and the image that it will probably
   * need. If none has, one is begun, which is ready when the source is; but not beside another attempt, which keeps the
   * processors busy: then it would only take more of their time.
   */
  folderOf(taker: Taker): AttemptFolder {
    const { deploymentId, attempt, limits } = taker;
    const plain = attemptFolder(this.#options.settings.state, deploymentId, attempt);
    if (this.#options.most === 0 || this.#closed) return plain;
    const sandbox = this.#take(this.#probableImage(taker), limits, plain);
    const folder = sandbox?.folder ?? plain;
    if (sandbox !== null) this.#taken.set(folder.top, sandbox);
    this.#building.add(folder.top);
    this.#onTheWay.add(folder.top);
    clearTimeout(this.#beside);
    return folder;
  }

  #take(imageId: string | undefined, limits: SandboxLimits, plain: AttemptFolder): PreparedSandbox | null {
    if (imageId === undefined) return null;
    const found = this.#waiting.find(
      ({ key, lost }) => !lost && key.imageId === imageId && isSame(key.limits, limits),
    );
    this.#waiting = this.#waiting.filter((sandbox) => sandbox !== found);
    if (found !== undefined) return found;
    return this.#building.size > 0 ? null : new PreparedSandbox(this.#options, { imageId, limits }, plain);
  }

  /** The id of the image of the app's last build, or that its settings say, or of the last build of any app. */
  #probableImage({ appId, image }: Taker): string | undefined {
    const name = this.#ofApps.get(appId) ?? image ?? this.#last?.image;
    return name === undefined ? undefined : this.#ids.get(name);
  }

  /** The sandbox of an attempt's folder; null if it has none. */
  in(folder: AttemptFolder): PreparedSandbox | null {
    return this.#taken.get(folder.top) ?? null;
  }

  /** The commands of an attempt run, in this. */
  running({ top }: AttemptFolder, appId: string, used: Used): void {
    this.#onTheWay.delete(top);
    if (this.#options.most === 0 || this.#closed) return;
    this.#ofApps.delete(appId);
    this.#ofApps.set(appId, used.image);
    this.#ids.set(used.image, used.imageId);
    if (this.#ofApps.size > REMEMBERED) {
      const [oldest = ''] = this.#ofApps.keys();
      this.#ofApps.delete(oldest);
    }
    clearTimeout(this.#beside);
    this.#last = used;
    this.#beside = setTimeout(() => this.#fill(), this.#options.besideMs ?? BESIDE_MS).unref();
  }

  /** Makes them for builds that use this. Resolves when they wait, or can't be made. */
  async prepare(used: Used): Promise<void> {
    this.#last = used;
    this.#fill();
    await this.#filling;
  }

  /** An attempt leaves its slot: its sandbox's container is removed. @throws the engine's error */
  async settle(folder: AttemptFolder): Promise<void> {
    this.#building.delete(folder.top);
    await this.in(folder)?.removeContainer();
  }

  /** Removes an attempt's folder, with the sandbox if it has one. @throws the error of the engine or the file system */
  async release(top: string): Promise<void> {
    const sandbox = this.#taken.get(top);
    this.#onTheWay.delete(top);
    this.#building.delete(top);
    try {
      if (sandbox !== undefined) await sandbox.remove();
      else await removeAttemptFolder(this.#options.engine, this.#options.runnerId, top);
    } finally {
      this.#taken.delete(top);
      this.#fill();
    }
  }

  /** Removes what waits and makes no more. To be called once nothing is built any more. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watch);
    clearTimeout(this.#beside);
    await this.#filling;
    this.#dropAll(() => true);
    this.#dropLeftovers();
    await Promise.all(this.#removing);
  }

  /** Throws away what is old or has ended by itself, and makes others. */
  #renew(maxAgeMs: number): void {
    this.#dropLeftovers();
    this.#dropAll(({ lost, ageMs }) => lost || ageMs > maxAgeMs);
    this.#fill();
  }

  #fill(): void {
    if (this.#options.most === 0) return;
    this.#filling ??= this.#makeAll()
      .catch((error: unknown) => {
        // Builds do without. The next one that runs shows whether it makes sense to try again.
        this.#last = null;
        this.#complain('A sandbox could not be prepared', engineMessage(error));
      })
      .finally(() => {
        this.#filling = null;
      });
  }

  /** One after the other: an engine that starts several containers takes longer for each. */
  async #makeAll(): Promise<void> {
    for (;;) {
      const used = this.#last;
      if (used === null || this.#onTheWay.size > 0 || !(await this.#hasRoom())) return;
      const { Id: imageId } = await this.#options.engine.getImage(used.image).inspect();
      this.#ids.set(used.image, imageId);
      this.#dropAll(({ key }) => key.imageId !== imageId || !isSame(key.limits, used.limits));
      if (this.#closed || this.#onTheWay.size > 0 || this.#waiting.length >= this.#options.most) return;
      const folder = workFolder(this.#options.settings.state, `prepared-${randomBytes(6).toString('hex')}`);
      const sandbox = new PreparedSandbox(this.#options, { ...used, imageId }, folder);
      this.#waiting.push(sandbox);
      try {
        await sandbox.opened();
      } catch (error) {
        // Unless an attempt has taken it, which then removes it.
        if (this.#waiting.includes(sandbox)) this.#drop(sandbox);
        this.#waiting = this.#waiting.filter((each) => each !== sandbox);
        throw error;
      }
    }
  }

  /** Warns of an error, unless it is the one that was warned of last: a host that can't fails after each build. */
  #complain(message: string, error: string): void {
    const complaint = `${message}: ${error}`;
    if (complaint === this.#complaint) return;
    this.#complaint = complaint;
    this.#options.journal.warn(message, { error });
  }

  async #hasRoom(): Promise<boolean> {
    const { state, keepFree } = this.#options.settings;
    const { bavail, bsize } = await statfs(state);
    return bavail * bsize > keepFree && freemem() > LEAST_MEMORY;
  }

  #dropAll(isOver: (sandbox: PreparedSandbox) => boolean): void {
    const over = this.#waiting.filter(isOver);
    this.#waiting = this.#waiting.filter((sandbox) => !over.includes(sandbox));
    for (const sandbox of over) this.#drop(sandbox);
  }

  #dropLeftovers(): void {
    for (const sandbox of this.#leftovers.splice(0)) this.#drop(sandbox);
  }

  #drop(sandbox: PreparedSandbox): void {
    const removing = sandbox
      .remove()
      .catch((error: unknown) => {
        this.#leftovers.push(sandbox);
        this.#complain('A prepared sandbox could not be removed. It is tried again', describeError(error));
      })
      .finally(() => this.#removing.delete(removing));
    this.#removing.add(removing);
  }
}

function isSame(a: SandboxLimits, b: SandboxLimits): boolean {
  return (
    a.memoryBytes === b.memoryBytes && a.cpus === b.cpus && a.pids === b.pids && a.diskBytes === b.diskBytes
  );
}
