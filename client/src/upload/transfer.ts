/** A source archive on its way into storage. */
import { type CreateUpload, isAppFluxError, type UploadedPart, type UploadGrant } from '@appflux/protocol';
import type { CallOptions } from '../http/calls.ts';
import { pause } from '../pause.ts';
import { digestOf } from './digest.ts';
import { planParts } from './plan.ts';
import { TransferProgress } from './progress.ts';
import { PartError, type PutPart, putByFetch } from './put-part.ts';
import { sendParts } from './send-parts.ts';

/** Presigned URLs expire after an hour. A grant that is nearly that old isn't used any more. */
const GRANT_LASTS_MS = 50 * 60 * 1000;

/** The calls of the API that a transfer makes. */
export interface UploadCalls {
  create(body: CreateUpload, options?: CallOptions): Promise<UploadGrant>;
  complete(
    id: string,
    parts: UploadedPart[],
    options?: CallOptions,
  ): Promise<{ uploadId: string; size: number }>;
}

export interface TransferTools {
  /** Puts one part; by fetch unless set. */
  put?: PutPart;
  pause?: typeof pause;
  /** Milliseconds of a clock that only goes forward. */
  now?: () => number;
  /** Called whenever `progress` has changed. */
  onProgress?: (progress: TransferProgress, now: number) => void;
}

/** A file to upload: in a browser a File, in Node what `fs.openAsBlob` gives. Its bytes are read part by part. */
export interface TransferSource {
  readonly name: string;
  readonly blob: Blob;
}

/** One upload. It can be run again after a failure: parts that have arrived are not sent again. */
export class Transfer {
  readonly progress: TransferProgress;
  readonly #source: TransferSource;
  readonly #calls: UploadCalls;
  readonly #tools: Required<TransferTools>;
  #grant: { grant: UploadGrant; until: number } | null = null;
  #done = new Map<number, string>();

  constructor(source: TransferSource, calls: UploadCalls, tools: TransferTools = {}) {
    this.#source = source;
    this.#calls = calls;
    this.#tools = {
      put: putByFetch,
      pause,
      now: () => performance.now(),
      onProgress: () => undefined,
      ...tools,
    };
    this.progress = new TransferProgress(source.blob.size);
  }

  /**
   * Sends what has not arrived yet, and gives the id of the upload. Throws a PartError, an AppFluxError of the API, the
   * signal's reason, or the error of a file that can't be read.
   */
  async run(signal: AbortSignal): Promise<string> {
    const grant = await this.#validGrant(signal);
    try {
      const parts = await sendParts({
        file: this.#source.blob,
        parts: planParts(this.#source.blob.size, grant),
        done: this.#done,
        put: this.#tools.put,
        pause: this.#tools.pause,
        signal,
        progress: (part, loaded) => this.#note(part, loaded),
      });
      return (await this.#calls.complete(grant.uploadId, parts, { signal })).uploadId;
    } catch (error) {
      const gone = error instanceof PartError && error.reason === 'expired';
      if (gone || isAppFluxError(error, 'not_found') || isAppFluxError(error, 'upload_incomplete'))
        this.#startOver();
      throw error;
    }
  }

  async #validGrant(signal: AbortSignal): Promise<UploadGrant> {
    if (this.#grant && this.#tools.now() < this.#grant.until) return this.#grant.grant;
    this.#startOver();
    const { name, blob } = this.#source;
    const sha256 = await digestOf(blob);
    const grant = await this.#calls.create({ name, size: blob.size, ...(sha256 && { sha256 }) }, { signal });
    this.#grant = { grant, until: this.#tools.now() + GRANT_LASTS_MS };
    return grant;
  }

  #startOver(): void {
    this.#grant = null;
    for (const part of this.#done.keys()) this.#note(part, 0);
    this.#done = new Map();
  }

  #note(part: number, loaded: number): void {
    const now = this.#tools.now();
    this.progress.set(part, loaded, now);
    this.#tools.onProgress(this.progress, now);
  }
}
