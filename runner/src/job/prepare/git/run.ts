/** Runs one `git` command. */

import { spawn } from 'node:child_process';
import { own } from '../../../masking/sentence.ts';
import { JobFailure } from '../../../step-context.ts';

export interface GitOutcome {
  readonly code: number;
  /** The beginning of what it printed, unless `onOutput` took it. */
  readonly stdout: string;
  /** The end of its messages. They are from outside: made printable before they are shown. */
  readonly stderr: string;
}

export interface GitRunOptions {
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** Kills the command with all its helpers, and throws the signal's reason. */
  readonly signal: AbortSignal;
  /** Takes the output as it comes; returning false ends the command early. */
  readonly onOutput?: (chunk: Buffer) => boolean;
  /** What it reads from its standard input; nothing unless given. */
  readonly input?: string;
}

const KEEP = 64 * 1024;

/**
 * Runs `git` with these arguments and waits for its end. An exit code other than 0 is an outcome, not an
 * error.
 * @throws {JobFailure} `internal` if there is no Git on this host; the signal's reason if it aborts.
 */
export async function runGit(args: readonly string[], options: GitRunOptions): Promise<GitOutcome> {
  const { signal } = options;
  signal.throwIfAborted();
  // A process group of its own: Git starts helpers, and all of them must go.
  const child = spawn('git', args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // EPIPE: a command that ends early leaves its input unread, and its exit code says why.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  const kill = () => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // ESRCH: the whole group has ended already, which is what was wanted.
    }
  };
  let stdout = Buffer.alloc(0);
  let stderr = Buffer.alloc(0);
  child.stdout.on('data', (chunk: Buffer) => {
    if (options.onOutput === undefined) stdout = Buffer.concat([stdout, chunk]).subarray(0, KEEP);
    else if (!options.onOutput(chunk)) kill();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr = Buffer.concat([stderr, chunk]).subarray(-KEEP);
  });
  signal.addEventListener('abort', kill, { once: true });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exit) => resolve(exit ?? -1));
    });
    signal.throwIfAborted();
    return { code, stdout: stdout.toString('utf8'), stderr: stderr.toString('utf8') };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      throw new JobFailure('internal', own('Git is not installed on this runner.'), {
        hint: own('Ask the owner of the runner to install git and run `appflux-runner doctor`.'),
        cause: error,
      });
    }
    throw error;
  } finally {
    signal.removeEventListener('abort', kill);
  }
}
