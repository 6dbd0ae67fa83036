import { AppFluxError, isAppFluxError, type UploadGrant } from '@appflux/protocol';
import type { Api } from '#lib/api/api.ts';
import { pause } from '#lib/time/pause.ts';
import { digestOf } from './digest.ts';
import { planParts } from './parts.ts';
import { TransferProgress } from './progress.ts';
import { PartError, type PutPart, putPart } from './put-part.ts';
import { sendParts } from './send-parts.ts';

export type UploadState = 'idle' | 'uploading' | 'done' | 'failed' | 'canceled';

/** The presigned addresses run out after an hour; a grant nearly that old is not gone on with. */
const GRANT_LASTS_MS = 50 * 60 * 1000;

interface Tools {
  api: Pick<Api, 'createUpload' | 'completeUpload'>;
  put?: PutPart;
  pause?: typeof pause;
  now?: () => number;
}

/** A ZIP on its way from this browser straight into storage. */
export class SourceUpload {
  readonly file: File;
  readonly #tools: Required<Tools>;
  readonly #progress: TransferProgress;
  #grant: { grant: UploadGrant; until: number } | null = null;
  #done = new Map<number, string>();
  #abort = new AbortController();

  state = $state<UploadState>('idle');
  /** Bytes that are through, and how fast they go in bytes a second. */
  loaded = $state(0);
  speed = $state(0);
  secondsLeft = $state<number | null>(null);
  error = $state.raw<AppFluxError | null>(null);
  /** What a deployment is given; null until the upload is done. */
  uploadId = $state<string | null>(null);

  constructor(file: File, tools: Tools) {
    this.file = file;
    this.#tools = { put: putPart, pause, now: () => performance.now(), ...tools };
    this.#progress = new TransferProgress(file.size);
  }

  get fraction(): number {
    return this.state === 'done' ? 1 : this.loaded / this.file.size;
  }

  /**
   * Uploads, and goes on from the parts that are through when an earlier try failed or was canceled.
   * Answers with the upload's id, or null when it did not come to an end; `state` and `error` say why.
   */
  async run(): Promise<string | null> {
    if (this.state === 'done') return this.uploadId;
    this.#abort = new AbortController();
    this.state = 'uploading';
    this.error = null;
    try {
      this.uploadId = await this.#transfer(this.#abort.signal);
      this.state = 'done';
    } catch (error) {
      if (this.#abort.signal.aborted) this.state = 'canceled';
      else {
        this.error = toAppFluxError(error);
        this.state = 'failed';
      }
      this.speed = 0;
      this.secondsLeft = null;
    }
    return this.uploadId;
  }

  cancel(): void {
    if (this.state === 'uploading')
      this.#abort.abort(new DOMException('The upload was canceled', 'AbortError'));
  }

  async #transfer(signal: AbortSignal): Promise<string> {
    const grant = await this.#validGrant(signal);
    try {
      const parts = await sendParts({
        file: this.file,
        parts: planParts(this.file.size, grant),
        done: this.#done,
        put: this.#tools.put,
        pause: this.#tools.pause,
        signal,
        progress: (part, loaded) => this.#note(part, loaded),
      });
      const { uploadId } = await this.#tools.api.completeUpload(grant.uploadId, parts, signal);
      return uploadId;
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
    const { name, size } = this.file;
    const sha256 = await digestOf(this.file);
    const grant = await this.#tools.api.createUpload({ name, size, ...(sha256 && { sha256 }) }, signal);
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
    this.#progress.set(part, loaded, now);
    this.loaded = this.#progress.loaded;
    this.speed = this.#progress.speed(now);
    this.secondsLeft = this.#progress.secondsLeft(now);
  }
}

function toAppFluxError(error: unknown): AppFluxError {
  if (isAppFluxError(error)) return error;
  if (error instanceof PartError) {
    const hint =
      error.reason === 'no_etag'
        ? 'Ask your administrator to expose the ETag header in the storage’s CORS settings.'
        : 'Try again. Uploaded parts are kept.';
    return new AppFluxError('unavailable', error.message, { hint, cause: error });
  }
  return new AppFluxError('internal', 'Couldn’t read the file.', {
    hint: 'If it was changed or moved after you chose it, choose it again.',
    cause: error,
  });
}
