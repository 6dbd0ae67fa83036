/** Writes lines into a log and waits until all viewers have received them. */
import type { LogSenderOptions } from '../../runner/src/log/log-sender.ts';
import type { LogPath } from './path.ts';
import { type Latency, Viewers } from './viewers.ts';

/** The runner's own limits, except for the queue: the writer waits before the stream would write to disk. */
export const STREAM_LIMITS: NonNullable<LogSenderOptions['limits']> = { queueBytes: 2 * 1024 * 1024 };

export interface Delivered {
  /** Lines of the source, each of which reached every viewer. */
  readonly linesPerSecond: number;
  /** Bytes of frames to all viewers together. */
  readonly bytesPerSecond: number;
}

/** A typical line of a build: about a hundred characters. */
const lineOf = (text: string) =>
  ({
    at: new Date().toISOString(),
    stream: 'stdout',
    phase: 'building',
    text: text.padEnd(100, ' compiled src/components/Button.tsx in 12 ms'),
  }) as const;

/** As fast as possible. */
export async function delivered(
  path: LogPath,
  { lines, viewers: count }: { lines: number; viewers: number },
): Promise<Delivered> {
  const log = await path.open();
  const viewers = await Viewers.connect(log, count, log.lastSeq + lines, false);
  try {
    const startedAt = performance.now();
    for (let line = 1; line <= lines; line += 1) {
      log.stream.write(lineOf(String(line)));
      if (line % 500 === 0) await log.stream.ready();
    }
    const [{ bytes }] = await Promise.all([viewers.complete, log.stream.drained()]);
    const seconds = (performance.now() - startedAt) / 1000;
    return { linesPerSecond: lines / seconds, bytesPerSecond: bytes / seconds };
  } finally {
    viewers.close();
    await log.close();
  }
}

export interface Paced extends Latency {
  /** Frames that the source sent in a second. */
  readonly framesPerSecond: number;
}

/** At a given pace: how late each line is at each viewer. */
export async function paced(
  path: LogPath,
  { linesPerSecond, seconds, viewers: count }: { linesPerSecond: number; seconds: number; viewers: number },
): Promise<Paced> {
  const lines = linesPerSecond * seconds;
  const log = await path.open();
  const viewers = await Viewers.connect(log, count, log.lastSeq + lines, true);
  try {
    const before = log.frames();
    const startedAt = performance.now();
    await writePaced(lines, 1000 / linesPerSecond, () => {
      log.stream.write(lineOf(`${performance.timeOrigin + performance.now()} `));
    });
    const [{ latency }] = await Promise.all([viewers.complete, log.stream.drained()]);
    if (latency === null) throw new Error('the viewers measured no times');
    const framesPerSecond = ((log.frames() - before) * 1000) / (performance.now() - startedAt);
    return { ...latency, framesPerSecond };
  } finally {
    viewers.close();
    await log.close();
  }
}

/** Calls `write` `count` times, one `intervalMs` after the other, catching up when a timer was late. */
function writePaced(count: number, intervalMs: number, write: () => void): Promise<void> {
  const startedAt = performance.now();
  let written = 0;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(count, Math.floor((performance.now() - startedAt) / intervalMs));
      for (; written < due; written += 1) write();
      if (written < count) return;
      clearInterval(timer);
      resolve();
    }, intervalMs);
  });
}
