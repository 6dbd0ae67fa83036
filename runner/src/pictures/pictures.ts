/**
 * Takes pictures while nothing is built: a build that comes ends the picture, which is given back. The same goes for
 * making the image with the browser.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PictureRequest, PictureResult } from '@appflux/protocol';
import { describeError, type Journal } from '../journal.ts';
import type { PicturesImage } from './image.ts';
import { NoPicture, type PictureFiles } from './take.ts';

export interface PicturesOptions {
  readonly image: PicturesImage;
  /** Takes the pictures of a site, in the browser of the image with this id. */
  readonly take: (image: string, request: PictureRequest, signal: AbortSignal) => Promise<PictureFiles>;
  /** Sends to the edge how a request has ended. */
  readonly report: (deploymentId: string, result: PictureResult, signal: AbortSignal) => Promise<void>;
  /** Notes why this runner could not take a picture; with null, that it has taken one. */
  readonly note?: (reason: string | null) => Promise<void>;
  readonly journal: Journal;
  /** How long a runner that starts takes none, in milliseconds: its instance may be starting, too. */
  readonly settleMs?: number;
}

/** What the agent has to say to them. */
export interface PicturesOwner {
  /** Whether no build runs. */
  readonly isIdle: () => boolean;
  /** The pool is to know whether pictures are taken now. */
  readonly onReady: (ready: boolean) => void;
}

const SETTLE_MS = 15_000;

const INTERRUPTED = new Error('A build has come');

export class Pictures {
  readonly #options: PicturesOptions;
  readonly #ended = new AbortController();
  #owner: PicturesOwner | null = null;
  /** Ends what is going on for pictures now. */
  #work: AbortController | null = null;
  #done: Promise<void> = Promise.resolve();
  /** The image was wanted and is not there yet. */
  #lacksImage = false;

  constructor(options: PicturesOptions) {
    this.#options = options;
  }

  /** Begins to take requests, if the image is there or can be made. Never throws. */
  async begin(owner: PicturesOwner): Promise<void> {
    this.#owner = owner;
    const { image, journal, settleMs = SETTLE_MS } = this.#options;
    try {
      await sleep(settleMs, undefined, { signal: this.#ended.signal, ref: false });
      const canTake = image.make !== null || (await image.id()) !== null;
      if (canTake && !this.#ended.signal.aborted) owner.onReady(true);
    } catch (error) {
      // Otherwise the engine does not answer, which builds report.
      if (this.#ended.signal.aborted) return;
      journal.warn('No pictures are taken: the image could not be looked up', {
        error: describeError(error),
      });
    }
  }

  /** Takes the pictures of a site and reports them, in the background. */
  take(request: PictureRequest): void {
    if (this.#work !== null || !this.#owner?.isIdle()) {
      void this.#report(request, { outcome: 'returned', id: request.id });
      return;
    }
    this.#run((signal) => this.#take(request, signal));
  }

  /** A build begins: whatever goes on for pictures ends. */
  interrupt(): void {
    this.#work?.abort(INTERRUPTED);
  }

  /** Nothing is built any more. */
  idle(): void {
    if (this.#lacksImage && this.#work === null) this.#run((signal) => this.#makeImage(signal));
  }

  /** Ends all of it. */
  async stop(): Promise<void> {
    this.#ended.abort(INTERRUPTED);
    this.interrupt();
    await this.#done;
  }

  #run(work: (signal: AbortSignal) => Promise<void>): void {
    if (this.#ended.signal.aborted) return;
    const own = new AbortController();
    this.#work = own;
    this.#done = work(own.signal).then(() => {
      this.#work = null;
      if (this.#owner?.isIdle()) this.idle();
    });
  }

  async #take(request: PictureRequest, signal: AbortSignal): Promise<void> {
    const { image, take, journal } = this.#options;
    const { id, deploymentId } = request;
    let result: PictureResult;
    try {
      const imageId = await image.id();
      if (imageId === null) {
        this.#lacksImage = image.make !== null;
        this.#owner?.onReady(false);
        result = { outcome: 'returned', id };
      } else {
        result = { outcome: 'taken', id, files: await take(imageId, request, signal) };
        await this.#note(null);
      }
    } catch (error) {
      if (signal.aborted) result = { outcome: 'returned', id };
      else {
        const reason = error instanceof NoPicture ? error.message : 'The runner could not take it';
        journal.warn('No picture of a site was taken', { deploymentId, error: describeError(error) });
        // What the site does is shown with its deployment.
        if (!(error instanceof NoPicture)) await this.#note(describeError(error));
        result = { outcome: 'failed', id, reason };
      }
    }
    await this.#report(request, result);
  }

  async #report({ deploymentId }: PictureRequest, result: PictureResult): Promise<void> {
    const { report, journal } = this.#options;
    try {
      await report(deploymentId, result, this.#ended.signal);
    } catch (error) {
      // The edge hears nothing, and asks again.
      if (!this.#ended.signal.aborted)
        journal.warn('The edge does not know how a picture has ended', {
          deploymentId,
          error: describeError(error),
        });
    }
  }

  async #note(reason: string | null): Promise<void> {
    const { note, journal } = this.#options;
    try {
      await note?.(reason);
    } catch (error) {
      // Only `doctor` reads it, and the journal has it, too.
      journal.warn('Why a picture failed could not be stored', { error: describeError(error) });
    }
  }

  async #makeImage(signal: AbortSignal): Promise<void> {
    const { image, journal } = this.#options;
    journal.info('Building the image for pictures of sites, while nothing is built');
    try {
      await image.make?.(signal);
      this.#lacksImage = false;
      this.#owner?.onReady(true);
    } catch (error) {
      // It goes on when nothing is built again.
      if (signal.aborted) return;
      this.#lacksImage = false;
      journal.warn('The image for pictures could not be built: no pictures until this runner is restarted', {
        error: describeError(error),
      });
      await this.#note(`The image could not be built: ${describeError(error)}`);
    }
  }
}
