/** Shows what a command is doing: a live line on a terminal, plain lines anywhere else. */
import type { WriteStream } from 'node:tty';
import ora, { type Ora } from 'ora';
import { type Level, marker } from '../runner/src/journal-priority.ts';

/** One task that takes a while. */
export interface Task {
  /** Its current step; shown on the live line, and from time to time as a plain line. */
  detail(text: string): void;
  /** It is done. `text` replaces the title if there is more to say. */
  done(text?: string): void;
  /** It failed; the error that follows says why. */
  failed(): void;
}

export interface Progress {
  task(title: string): Task;
  /** A permanent line. Its level, `info` unless given, is for systemd's journal. */
  say(text: string, level?: Level): void;
}

/** How often a plain log reports that a task is still running. Milliseconds. */
const STILL_EVERY_MS = 15_000;

/** Seconds since `startedAt` (milliseconds), formatted; empty for less than a second. */
export function elapsed(startedAt: number, now: number): string {
  const seconds = (now - startedAt) / 1000;
  if (seconds < 0.95) return '';
  return seconds < 60
    ? ` (${Math.round(seconds)} s)`
    : ` (${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s)`;
}

type Write = (line: string, level?: Level) => void;

function plainTask(write: Write, title: string): Task {
  const startedAt = Date.now();
  let latest = '';
  write(`${title} ...`);
  const timer = setInterval(
    () =>
      write(`${title}: still running${elapsed(startedAt, Date.now())}${latest === '' ? '' : `, ${latest}`}`),
    STILL_EVERY_MS,
  ).unref();
  return {
    detail(text) {
      latest = text;
    },
    done(text) {
      clearInterval(timer);
      write(`${text ?? title}: done${elapsed(startedAt, Date.now())}`);
    },
    failed() {
      clearInterval(timer);
      write(`${title}: failed${elapsed(startedAt, Date.now())}`, 'error');
    },
  };
}

/** The live line that is on the terminal now; permanent lines are written above it. */
let live: Ora | null = null;

function liveTask(out: WriteStream, title: string): Task {
  const startedAt = Date.now();
  // The command handles signals itself, and this must not read standard input.
  const spinner = ora({ text: title, stream: out, discardStdin: false, hideCursor: false }).start();
  live = spinner;
  return {
    detail(text) {
      spinner.text = `${title} — ${text}`.slice(0, Math.max(20, out.columns - 4));
    },
    done(text) {
      live = null;
      spinner.succeed(`${text ?? title}${elapsed(startedAt, Date.now())}`);
    },
    failed() {
      live = null;
      spinner.fail(`${title}${elapsed(startedAt, Date.now())}`);
    },
  };
}

/** A task beside the one that has the live line: a permanent line when it has ended. */
function taskBeside(write: Write, title: string): Task {
  const startedAt = Date.now();
  const end = (mark: string, text: string) => write(`${mark} ${text}${elapsed(startedAt, Date.now())}`);
  return {
    detail: () => undefined,
    done: (text) => end('✔', text ?? title),
    failed: () => end('✖', title),
  };
}

/** Whether a live line can be shown: on a terminal that reports its width, which some emulated ones do not. */
export function isWideEnough(out: { isTTY?: boolean; columns?: number }): boolean {
  return out.isTTY === true && (out.columns ?? 0) >= 40;
}

/**
 * Progress on a stream: live on a terminal, where of parallel tasks the first has the live line, and with priorities in
 * systemd's journal.
 */
export function progressOn(out: WriteStream): Progress {
  const mark = marker(out === process.stderr ? 2 : 1);
  const write: Write = (line, level = 'info') => {
    live?.clear();
    out.write(`${mark(level, line)}\n`);
  };
  return {
    task(title) {
      if (!isWideEnough(out)) return plainTask(write, title);
      return live === null ? liveTask(out, title) : taskBeside(write, title);
    },
    say: write,
  };
}

/** Runs `work` as a task, which fails when it throws. */
export async function during<T>(
  progress: Progress,
  title: string,
  work: (task: Task) => Promise<T>,
): Promise<T> {
  const task = progress.task(title);
  try {
    const result = await work(task);
    task.done();
    return result;
  } catch (error) {
    task.failed();
    throw error;
  }
}

/** Progress that omits nothing: every detail is a line of its own. */
export function verboseProgressOn(out: WriteStream): Progress {
  const write = (line: string) => out.write(`${line}\n`);
  return {
    task(title) {
      write(title);
      return {
        detail: (text) => write(`  ${text}`),
        done: (text) => write(`${text ?? title}: done`),
        failed: () => write(`${title}: failed`),
      };
    },
    say: write,
  };
}
