/** What an earlier process has left in the spools of its attempts (spool.ts). */
import { join } from 'node:path';
import { AttemptRef, LogLine } from '@appflux/protocol';

/** Where in the state folder spools are. */
const SPOOL_FOLDER = 'spool';

export const spoolFolder = (state: string): string => join(state, SPOOL_FOLDER);

/** The file of an attempt. */
export const spoolPath = (state: string, { deploymentId, attempt }: AttemptRef): string =>
  join(spoolFolder(state), `${deploymentId}-${attempt}.ndjson`);

/** The attempt that a file in the folder belongs to; null if it is not the name of a spool. */
export function attemptOfSpool(name: string): AttemptRef | null {
  const match = /^([0-9a-f]{24})-(\d{1,9})\.ndjson$/.exec(name);
  const ref = AttemptRef.safeParse({ deploymentId: match?.[1], attempt: Number(match?.[2]) });
  return ref.success ? ref.data : null;
}

/** How many lines a batch has at most, and of about how many bytes: far less than a request may have. */
const BATCH_LINES = 1000;
const BATCH_BYTES = 256 * 1024;

const LINE_FEED = 0x0a;

/**
 * Reads the contents of a spool. Gives the lines after number `after`, and returns whether the file is whole. After a
 * loss of power, the end of a file may be torn, or contain anything: reading stops at the first line that isn't the one
 * that should follow.
 */
export function* spooledBatches(bytes: Uint8Array, after: number): Generator<LogLine[], boolean> {
  const decoder = new TextDecoder();
  let batch: LogLine[] = [];
  let batchBytes = 0;
  let expected: number | undefined;
  let start = 0;
  let isWhole = true;
  for (;;) {
    const end = bytes.indexOf(LINE_FEED, start);
    if (end < 0) break;
    const line = parseLine(decoder.decode(bytes.subarray(start, end)));
    if (line === null || (expected !== undefined && line.seq !== expected)) {
      isWhole = false;
      break;
    }
    expected = line.seq + 1;
    if (line.seq > after) {
      batch.push(line);
      batchBytes += end - start;
    }
    start = end + 1;
    if (batch.length >= BATCH_LINES || batchBytes >= BATCH_BYTES) {
      yield batch;
      batch = [];
      batchBytes = 0;
    }
  }
  if (batch.length > 0) yield batch;
  return isWhole && start === bytes.length;
}

function parseLine(text: string): LogLine | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Garbage: null says so.
    return null;
  }
  const line = LogLine.safeParse(value);
  return line.success ? line.data : null;
}
