import type { ClientPart } from '@appflux/client';
import { type App, AppFluxError, type Deployment, isAppFluxError } from '@appflux/protocol';
import { toError } from '#lib/api/to-error.ts';
import { randomKey } from '#lib/app/random-key.ts';
import type { SourceUpload } from '#lib/upload/source-upload.svelte.ts';
import type { Draft } from './draft.svelte.ts';

export type LaunchStage = 'idle' | 'uploading' | 'creating' | 'deploying' | 'done';

type Calls = ClientPart<{
  apps: 'create';
  sourceCredential: 'set' | 'createKey';
  deployments: 'create';
  uploads: 'create' | 'complete';
}>;

/**
 * Creates an app and its first deployment from a draft. It uploads first, so that a failed upload leaves no app behind.
 * A retry continues after the steps that succeeded.
 */
export class Launch {
  readonly #api: Calls;
  readonly #makeUpload: (file: File) => SourceUpload | Promise<SourceUpload>;
  /** An idempotency key per source: a key must not be reused with a different one. */
  readonly #keys = new Map<string, string>();
  #app = $state.raw<App | null>(null);
  #publicKey = $state<string | null>(null);
  #hasCredential = $state(false);

  stage = $state<LaunchStage>('idle');
  upload = $state.raw<SourceUpload | null>(null);
  error = $state.raw<AppFluxError | null>(null);

  /** `makeUpload` loads the code for uploads, unless it is given. */
  constructor(api: Calls, makeUpload?: (file: File) => SourceUpload) {
    this.#api = api;
    this.#makeUpload =
      makeUpload ??
      (async (file) => new (await import('#lib/upload/source-upload.svelte.ts')).SourceUpload(file, { api }));
  }

  /** Whether leaving the page would interrupt something. */
  get busy(): boolean {
    return this.stage === 'uploading' || this.stage === 'creating' || this.stage === 'deploying';
  }

  /** The app, once created: from then on, its settings can only be changed on its own page. */
  get app(): App | null {
    return this.#app;
  }

  /** The key that has to be added to the repository before it can be cloned; null unless one was generated. */
  get publicKey(): string | null {
    return this.#publicKey;
  }

  /** Whether the app was created, but its credential was refused. */
  needsCredential(draft: Draft): boolean {
    return this.#app !== null && !this.#hasCredential && draft.usesCredential;
  }

  /**
   * Returns the deployment, or null if it wasn't created; then `error` has the reason, unless the upload was canceled.
   * Marks a used slug in the draft. A generated key ends the
   * run, because the repository can't be cloned before it has the key; the next run deploys.
   */
  async run(draft: Draft): Promise<Deployment | null> {
    if (this.busy) return null;
    this.error = null;
    try {
      const uploadId = draft.kind === 'upload' ? await this.#uploaded(draft) : undefined;
      if (uploadId === null) {
        this.stage = 'idle';
        return null;
      }
      this.stage = 'creating';
      this.#app ??= await this.#api.apps.create(draft.toNewApp());
      if (this.needsCredential(draft) && (await this.#setCredential(this.#app, draft))) {
        this.stage = 'idle';
        return null;
      }
      this.stage = 'deploying';
      const deployment = await this.#api.deployments.create(
        this.#app.slug,
        uploadId === undefined ? {} : { uploadId },
        { idempotencyKey: this.#keyFor(uploadId ?? '') },
      );
      this.stage = 'done';
      return deployment;
    } catch (error) {
      this.stage = 'idle';
      if (isAppFluxError(error, 'slug_taken')) draft.markUsed(draft.effectiveSlug);
      this.error = toError(error);
      if (this.needsCredential(draft)) draft.credential.refuse(this.error);
      return null;
    }
  }

  /** Returns whether the repository needs a new key first. */
  async #setCredential({ slug }: App, { credential }: Draft): Promise<boolean> {
    const value = credential.toCredential();
    if (value !== null) await this.#api.sourceCredential.set(slug, value);
    else {
      const created = await this.#api.sourceCredential.createKey(slug, credential.toKeyRequest());
      this.#publicKey = created.kind === 'ssh' ? created.publicKey : null;
    }
    this.#hasCredential = true;
    return this.#publicKey !== null;
  }

  #keyFor(source: string): string {
    const key = this.#keys.get(source) ?? randomKey();
    this.#keys.set(source, key);
    return key;
  }

  async #uploaded(draft: Draft): Promise<string | null> {
    const { file } = draft;
    if (file === null) throw new AppFluxError('bad_request', 'Choose a ZIP archive.');
    this.stage = 'uploading';
    if (this.upload?.file !== file) this.upload = await this.#makeUpload(file);
    const uploadId = await this.upload.run();
    if (uploadId === null) this.error = this.upload.error;
    return uploadId;
  }
}
