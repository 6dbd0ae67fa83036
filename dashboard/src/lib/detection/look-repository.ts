/** Detection in a Git repository before there is an app: a runner fetches one commit, and reads what detection needs. */
import type { Look, LookError, LookResult, StartLook } from '@appflux/protocol';

/** The calls of the API that a look needs. */
export interface Looks {
  start(look: StartLook, options?: { signal?: AbortSignal }): Promise<{ id: string }>;
  get(id: string, options?: { signal?: AbortSignal }): Promise<Look>;
}

/** A look that a runner has carried out, or that waits for a runner. */
export type LookProgress = 'waiting' | 'looking';

/** Why a look gave nothing. */
export class LookFailure extends Error {
  override readonly name = 'LookFailure';
  readonly details: LookError;

  constructor(details: LookError) {
    super(details.message);
    this.details = details;
  }
}

/** Between two requests for the state of a look, in milliseconds. */
const ASK_EVERY_MS = 400;

/** Between two requests while the look waits for a runner. */
const ASK_WAITING_MS = 1500;

interface LookOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: LookProgress) => void;
  readonly pause?: (ms: number) => Promise<void>;
}

/**
 * Looks at a repository, and resolves when a runner has.
 * @throws LookFailure if the repository can't be fetched or read; AppFluxError if the server refuses
 */
export async function lookAt(
  looks: Looks,
  request: StartLook,
  { signal, onProgress, pause = wait }: LookOptions,
): Promise<LookResult> {
  const { id } = await looks.start(request, { signal });
  for (;;) {
    const { status, result, error } = await looks.get(id, { signal });
    if (result) return result;
    if (error) throw new LookFailure(error);
    onProgress(status === 'looking' ? 'looking' : 'waiting');
    await pause(status === 'looking' ? ASK_EVERY_MS : ASK_WAITING_MS);
    signal.throwIfAborted();
  }
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
