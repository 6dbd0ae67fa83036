import {
  type ClientPart,
  PartError,
  Transfer,
  type TransferProgress,
  type TransferTools,
} from '@appflux/client';
import { AppFluxError, isAppFluxError } from '@appflux/protocol';
import { connection } from '#lib/offline/connection.svelte.ts';
import { pauseOnline } from './pause-online.ts';
import { putByXhr } from './put-by-xhr.ts';

export type UploadState = 'idle' | 'uploading' | 'done' | 'failed' | 'canceled';

interface Options extends Omit<TransferTools, 'onProgress'> {
  api: ClientPart<{ uploads: 'create' | 'complete' }>;
}

/** The upload of a ZIP from the browser directly to storage. */
export class SourceUpload {
  readonly file: File;
  readonly #transfer: Transfer;
  #abort = new AbortController();

  state = $state<UploadState>('idle');
  /** Transferred bytes, and the speed in bytes per second. */
  loaded = $state(0);
  speed = $state(0);
  secondsLeft = $state<number | null>(null);
  error = $state.raw<AppFluxError | null>(null);
  /** The id for the deployment; null until the upload is done. */
  uploadId = $state<string | null>(null);

  constructor(file: File, { api, ...options }: Options) {
    this.file = file;
    this.#transfer = new Transfer({ name: file.name, blob: file }, api.uploads, {
      put: putByXhr,
      pause: pauseOnline(connection),
      ...options,
      onProgress: (progress, now) => this.#show(progress, now),
    });
  }

  get fraction(): number {
    return this.state === 'done' ? 1 : this.loaded / this.file.size;
  }

  /**
   * Uploads the file, and resumes after the uploaded parts of a failed or canceled try.
   * Returns the upload's id, or null if it was not completed; `state` and `error` have the reason.
   */
  async run(): Promise<string | null> {
    if (this.state === 'done') return this.uploadId;
    this.#abort = new AbortController();
    this.state = 'uploading';
    this.error = null;
    try {
      this.uploadId = await this.#transfer.run(this.#abort.signal);
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

  #show(progress: TransferProgress, now: number): void {
    this.loaded = progress.loaded;
    this.speed = progress.speed(now);
    this.secondsLeft = progress.secondsLeft(now);
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
