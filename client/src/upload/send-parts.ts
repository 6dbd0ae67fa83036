import type { UploadedPart } from '@appflux/protocol';
import type { PlannedPart } from './plan.ts';
import { PartError, type PutPart } from './put-part.ts';

/** A browser opens six connections to a host. Some stay free for the API on the same one. */
const AT_ONCE = 4;
const TRIES = 5;

export interface Sending {
  file: Blob;
  parts: readonly PlannedPart[];
  /** The ETags of parts that an earlier try has put; more are added as they arrive. */
  done: Map<number, string>;
  put: PutPart;
  signal: AbortSignal;
  progress(part: number, loaded: number): void;
  /** Resolves after so many milliseconds, or rejects when the signal aborts. */
  pause(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/**
 * Puts every part that is not done yet, a few at a time. After a lost connection a part is sent again, with growing
 * pauses. A failure that won't pass stops all parts. Throws a PartError, or the signal's reason.
 */
export async function sendParts(sending: Sending): Promise<UploadedPart[]> {
  const { parts, done } = sending;
  const left = parts.filter(({ partNumber }) => !done.has(partNumber));
  const stop = new AbortController();
  const signal = AbortSignal.any([sending.signal, stop.signal]);
  const worker = async () => {
    for (let part = left.shift(); part !== undefined; part = left.shift()) {
      done.set(part.partNumber, await sendPart({ ...sending, signal }, part));
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, left.length) }, worker));
  } catch (error) {
    // Otherwise the other workers would go on sending for nothing.
    stop.abort(error);
    throw error;
  }
  return parts.map(({ partNumber }) => ({ partNumber, etag: done.get(partNumber) ?? '' }));
}

async function sendPart(sending: Sending, part: PlannedPart): Promise<string> {
  const { file, put, signal, pause } = sending;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await put({
        url: part.url,
        body: file.slice(part.start, part.end),
        signal,
        progress: (loaded) => sending.progress(part.partNumber, Math.min(loaded, part.end - part.start)),
      });
    } catch (error) {
      sending.progress(part.partNumber, 0);
      if (!(error instanceof PartError) || !error.mayPass || attempt === TRIES) throw error;
    }
    await pause(500 * 2 ** (attempt - 1) * (0.75 + Math.random() / 2), signal);
  }
}
