/** One command on the host, in a process group of its own, from its start until nothing of that group is left. */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { mayStopGently, untilAborted } from '../stop.ts';

export interface HostCommand {
  /** A line for the shell. */
  readonly command: string;
  readonly cwd: string;
  /** All that the command gets; nothing is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** Takes a piece of output. */
  readonly output: (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void;
  /** Awaited before more output is read; meanwhile the command's writes block. */
  readonly ready: () => Promise<void>;
  /** Ends the command, with SIGTERM first or by SIGKILL, depending on the reason (see mayStopGently). */
  readonly signal: AbortSignal;
}

/** Runs the commands, as in builder images. */
export const SHELL = '/bin/bash';

/**
 * What runs before the command itself, in its place in the group.
 *
 * - Somebody waits for the end of file descriptor 3, whose other end only the runner has: however the runner ends, the
 *   kernel closes it, and the group is killed. A group outlives the process that has started it otherwise.
 * - Output goes through `cat`, that is, through pipes: Node gives its children sockets, which nobody on Linux can open as
 *   /dev/stdout or /dev/stderr (unix(7)).
 *
 * Both ignore TERM, so that the last output is read. Bash's other copies of the pipes are closed.
 *
 * With `pipefail` as in builder images, so that a command means the same in both.
 */
const PREPARE = `
trap '' TERM INT HUP
( ( read -r _ <&3; kill -KILL 0 ) </dev/null >/dev/null 2>&1 & )
exec 3<&-
exec > >(exec cat)
exec 2> >(exec cat >&2)
for fd in /dev/fd/*; do [ "\${fd##*/}" -le 2 ] || eval "exec \${fd##*/}>&-"; done
trap - TERM INT HUP
exec ${SHELL} -o pipefail -c "$1"
`;

/** Milliseconds between TERM and KILL for a build that is ended. */
const GRACE_MS = 10_000;
/** What the command has left running gets this long to end by itself, in milliseconds. */
const LEFTOVER_MS = 2000;
/** How long output may keep coming once the group is gone, in milliseconds: a process can have left it. */
const OUTPUT_PATIENCE_MS = 2000;

/**
 * Runs a command. Whatever its processes have left running is ended with it, unless a process has put itself into another
 * group.
 * @returns the exit code; 128 and the signal's number where a signal has ended it, as in a shell
 * @throws the signal's reason when it aborts; the system's error when the command cannot be started
 */
export async function runCommand(run: HostCommand): Promise<number> {
  run.signal.throwIfAborted();
  const child = spawn(SHELL, ['-c', PREPARE, 'appflux-build', run.command], {
    cwd: run.cwd,
    env: run.environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  // EPIPE when the other end is closed already, which is fine.
  const lifeline = child.stdio[3]?.on('error', () => undefined);
  const exited = exitCodeOf(child);
  // Waited for below; until then a failure must not count as unhandled.
  exited.catch(() => undefined);
  const streams = [child.stdout, child.stderr];
  const reading = Promise.all([read(child.stdout, 'stdout', run), read(child.stderr, 'stderr', run)]);
  reading.catch(() => undefined);
  try {
    return await untilAborted(exited, run.signal);
  } catch (error) {
    if (run.signal.aborted && mayStopGently(run.signal.reason)) {
      signalGroup(child, 'SIGTERM');
      // Output ends with the last of them, which may be tidying up after the shell has gone.
      await atMost(GRACE_MS, Promise.all([exited, reading]));
    }
    throw error;
  } finally {
    signalGroup(child, 'SIGTERM');
    if (!run.signal.aborted) await atMost(LEFTOVER_MS, reading);
    signalGroup(child, 'SIGKILL');
    await atMost(OUTPUT_PATIENCE_MS, reading);
    for (const stream of streams) stream?.destroy();
    lifeline?.destroy();
  }
}

function exitCodeOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

async function read(stream: Readable | null, name: 'stdout' | 'stderr', run: HostCommand): Promise<void> {
  for await (const bytes of stream ?? []) {
    run.output(name, bytes);
    // A build that is being ended must not wait for its log to be taken; nothing but that end is thrown here.
    if (!run.signal.aborted) await untilAborted(run.ready(), run.signal).catch(() => undefined);
  }
}

/**
 * Signals the whole group. Its number cannot be another group's by now: who waits for the runner's end is in it until it
 * is killed here.
 */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: it has ended. EPERM is what macOS says of a group in which all have ended and nobody has asked how.
  }
}

/** Waits for a promise, however it ends, but no longer than so many milliseconds. */
async function atMost(ms: number, promise: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const patience = sleep(ms, undefined, { signal: over.signal }).catch(() => undefined);
  await Promise.race([promise.catch(() => undefined), patience]);
  over.abort();
}
