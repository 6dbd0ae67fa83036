/** What was seen of the servers in this isolate and wasn't sent yet. Bounded, whatever sites do. */
import {
  MAX_RUNTIME_LINES,
  RUNTIME_LIMITS,
  type RuntimeBatch,
  type RuntimeEvent,
  type RuntimeSubject,
} from '@appflux/protocol';
import { addDurations, bucketOf } from '../../runtime/histogram.ts';
import { LineRate, sizeOf } from '../../runtime/rate.ts';

const HOUR_MS = 3_600_000;

/** Bytes of lines that wait for all sites together; what comes beyond is dropped and counted. */
const MOST_BYTES = 4_000_000;

/** A batch has about this many bytes of lines. */
const BATCH_BYTES = 512 * 1024;

interface Counts {
  requests: number;
  errors: number;
  cpuMs: number;
  durations: Map<number, number>;
}

interface Waiting {
  readonly subject: RuntimeSubject;
  events: RuntimeEvent[];
  bytes: number;
  dropped: number;
  /** By when the hour began, in Unix milliseconds. */
  readonly hours: Map<number, Counts>;
}

type Entry = RuntimeBatch['entries'][number];

export class RuntimeBuffer {
  readonly #rate = new LineRate();
  readonly #waiting = new Map<string, Waiting>();
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Adds what a deployment may still log at `now` (Unix milliseconds), and counts what it may not beside `dropped`. */
  log(subject: RuntimeSubject, events: readonly RuntimeEvent[], dropped: number, now: number): void {
    if (events.length + dropped === 0) return;
    const waiting = this.#of(subject);
    const admitted = this.#rate.admit(subject.deploymentId, events, now);
    waiting.dropped += dropped + events.length - admitted.length;
    for (const event of admitted) {
      const bytes = sizeOf(event);
      if (this.#bytes + bytes > MOST_BYTES) {
        waiting.dropped += 1;
        continue;
      }
      waiting.events.push(event);
      waiting.bytes += bytes;
      this.#bytes += bytes;
    }
  }

  /** Counts a request that was answered, or failed (`isError`), after `durationMs`. */
  count(
    subject: RuntimeSubject,
    { isError, durationMs }: { isError: boolean; durationMs: number },
    now: number,
  ): void {
    const counts = this.#counts(subject, now);
    counts.requests += 1;
    if (isError) counts.errors += 1;
    const bucket = bucketOf(durationMs);
    counts.durations.set(bucket, (counts.durations.get(bucket) ?? 0) + 1);
  }

  /** Adds CPU time that was used, in milliseconds. */
  spend(subject: RuntimeSubject, cpuMs: number, now: number): void {
    if (cpuMs > 0) this.#counts(subject, now).cpuMs += cpuMs;
  }

  /** Takes out what one batch can carry; empty when nothing waits. */
  take(now: number): Entry[] {
    const entries: Entry[] = [];
    let bytes = 0;
    for (const [key, waiting] of this.#waiting) {
      if (entries.length >= MAX_RUNTIME_LINES || bytes >= BATCH_BYTES) break;
      this.#waiting.delete(key);
      const entry = this.#entryOf(key, waiting, now);
      bytes += entry.events.reduce((sum, event) => sum + sizeOf(event), 0);
      entries.push(entry);
    }
    return entries;
  }

  #entryOf(key: string, waiting: Waiting, now: number): Entry {
    const { subject, dropped, hours } = waiting;
    if (dropped > 0) waiting.events.push(droppedNotice(dropped, now));
    const events = waiting.events.slice(0, MAX_RUNTIME_LINES);
    const rest = waiting.events.slice(MAX_RUNTIME_LINES);
    const sent = events.reduce((sum, event) => sum + sizeOf(event), 0);
    this.#bytes = Math.max(0, this.#bytes - sent);
    if (rest.length > 0) {
      const left = {
        subject,
        events: rest,
        bytes: Math.max(0, waiting.bytes - sent),
        dropped: 0,
        hours: new Map(),
      };
      this.#waiting.set(key, left);
    }
    const counts = [...hours].map(([at, { requests, errors, cpuMs, durations }]) => ({
      at: new Date(at).toISOString(),
      requests,
      errors,
      cpuMs,
      durations: addDurations([...durations], []),
    }));
    return { ...subject, events, counts };
  }

  #counts(subject: RuntimeSubject, now: number): Counts {
    const { hours } = this.#of(subject);
    const hour = Math.floor(now / HOUR_MS) * HOUR_MS;
    let counts = hours.get(hour);
    if (counts === undefined) {
      counts = { requests: 0, errors: 0, cpuMs: 0, durations: new Map() };
      hours.set(hour, counts);
    }
    return counts;
  }

  #of(subject: RuntimeSubject): Waiting {
    const key = `${subject.appId} ${subject.deploymentId} ${subject.environment}`;
    let waiting = this.#waiting.get(key);
    if (waiting === undefined) {
      waiting = { subject, events: [], bytes: 0, dropped: 0, hours: new Map() };
      this.#waiting.set(key, waiting);
    }
    return waiting;
  }
}

/** What a person reads in place of lines that were dropped. */
function droppedNotice(dropped: number, now: number): RuntimeEvent {
  const { linesPerMinute, bytesPerMinute } = RUNTIME_LIMITS;
  return {
    at: new Date(now).toISOString(),
    kind: 'notice',
    level: 'warn',
    text: `${dropped} lines were dropped: a deployment can log ${linesPerMinute} lines or ${bytesPerMinute / 1024} KB per minute.`,
    stack: null,
    request: null,
    cron: null,
  };
}
