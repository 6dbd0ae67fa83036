/**
 * Makes a bill of materials in a thread of its own. Lockfiles come from strangers: one that is meant to take long or much
 * memory stops this thread, and neither the runner's heartbeats nor its other builds.
 */
import { Worker } from 'node:worker_threads';
import type { FoundLockfile } from './find.ts';

export interface SbomInput {
  readonly app: { readonly name: string; readonly version: string | null };
  readonly lockfiles: readonly FoundLockfile[];
  readonly runnerVersion: string;
}

export interface SbomOutput {
  /** CycloneDX as gzip-compressed JSON; null if no lockfile could be read. */
  readonly sbom: {
    readonly bytes: Uint8Array;
    readonly sha256: string;
    readonly components: number;
    readonly paths: readonly string[];
  } | null;
  readonly problems: readonly { readonly path: string; readonly why: string }[];
}

/** Why there is no SBOM, whatever is in the lockfiles. */
export class SbomFailed extends Error {
  override readonly name = 'SbomFailed';
}

export interface SbomBounds {
  readonly timeMs: number;
  readonly memoryMb: number;
}

/** Ten times what the lockfile of a large monorepo takes. */
const BOUNDS: SbomBounds = { timeMs: 60_000, memoryMb: 1024 };

/** Throws SbomFailed if it takes too long or too much memory; the reason of the signal if that aborts. */
export async function makeSbom(
  input: SbomInput,
  signal: AbortSignal,
  { timeMs, memoryMb }: SbomBounds = BOUNDS,
): Promise<SbomOutput> {
  signal.throwIfAborted();
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: input,
    // Not the environment of the runner, which has its credentials.
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
  });
  const made = Promise.withResolvers<SbomOutput>();
  worker.once('message', (output: SbomOutput) => made.resolve(output));
  worker.once('error', (error: Error & { code?: string }) =>
    made.reject(
      error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? new SbomFailed('it takes too much memory') : error,
    ),
  );
  worker.once('exit', () => made.reject(new Error('the thread has ended without an answer')));
  const timer = setTimeout(
    () => made.reject(new SbomFailed(`it takes longer than ${timeMs / 1000} seconds`)),
    timeMs,
  );
  const onAbort = () => made.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await made.promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    await worker.terminate();
  }
}
