/** A program that a command runs as a child in a session of its own, with its output in a log file. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Output is appended to this file. */
  readonly logFile: string;
  /** Opens a channel for messages. It closes when either side ends, for any reason. */
  readonly ipc?: boolean;
}

/** How a child ended, in words: its exit code or signal. */
export type Ending = string;

export interface Child {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<Ending>;
  /** Its output so far. */
  output(): Promise<string>;
  /** Sends TERM, and after `graceMs` kills it and everything that it has started. */
  stop(graceMs: number): Promise<Ending>;
}

/**
 * Starts a child. It has a session of its own, so that Ctrl-C on the terminal reaches only the command, which ends
 * its children in order.
 * @throws Error if the program cannot be started
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  await mkdir(dirname(options.logFile), { recursive: true, mode: 0o700 });
  const log = await open(options.logFile, 'a', 0o600);
  const from = (await log.stat()).size;
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', log.fd, log.fd, ...(options.ipc ? (['ipc'] as const) : [])],
  });
  const ended = new Promise<Ending>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const started = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
  const [pid] = await Promise.all([started, log.close()]);
  // Kills what it started as well: a killed parent can't do that.
  const sweep = ended.then((ending) => {
    signalGroup(pid, 'SIGKILL');
    return ending;
  });
  return {
    process: child,
    pid,
    ended: sweep,
    output: async () => (await readFile(options.logFile)).subarray(from).toString(),
    stop: async (graceMs) => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
      const ending = await sweep;
      clearTimeout(timer);
      return ending;
    },
  };
}

/** Sends a signal to every remaining process of a child's session group. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: no process is left, which is what the signal was for.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
