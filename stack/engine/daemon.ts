/** Our own dockerd, on a machine without an init system that would start it. */
import { spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines, StackProblem } from '../problem.ts';
import { clientFor, type EngineAddress } from './find.ts';

/** Timeouts for dockerd to answer, and to end. Milliseconds. */
const START_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 20_000;

/** A running dockerd that this process started. */
export interface Daemon {
  readonly address: EngineAddress;
  /** Ends it. Resolves when it has ended, or was killed because it did not. */
  stop(): Promise<void>;
}

/**
 * Starts dockerd, with its output in `docker/dockerd.log` of the state folder, and waits until it answers.
 * @throws StackProblem `engine_failed` with the end of its output; the signal's reason when that aborts, after
 * dockerd has ended
 */
export async function startDaemon(state: string, signal?: AbortSignal): Promise<Daemon> {
  const folder = join(state, 'docker');
  const logFile = join(folder, 'dockerd.log');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const log = await open(logFile, 'a', 0o600);
  const from = (await log.stat()).size;
  // A session of its own: Ctrl-C on the terminal must not reach the engine before the builds in it.
  const child = spawn('dockerd', [], { detached: true, stdio: ['ignore', log.fd, log.fd] });
  await log.close();
  let ended: string | null = null;
  const end = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      ended = error.message;
      resolve();
    });
    child.once('exit', (code, signal) => {
      ended = `it ended with ${signal ?? `code ${code}`}`;
      resolve();
    });
  });
  child.unref();

  const address: EngineAddress = { name: 'unix:///var/run/docker.sock', socketPath: '/var/run/docker.sock' };
  const client = clientFor(address);
  const deadline = Date.now() + START_WITHIN_MS;
  while (ended === null && Date.now() < deadline && !signal?.aborted) {
    const answers = await client.ping().then(
      () => true,
      // Not yet, or never: the end of the loop decides.
      () => false,
    );
    if (answers) return { address, stop: () => stop(child.pid, end) };
    await Promise.race([sleep(100), end]);
  }
  await stop(child.pid, end);
  signal?.throwIfAborted();
  const output = (await readFile(logFile)).subarray(from).toString();
  throw new StackProblem(
    'engine_failed',
    `dockerd failed to start (${lastLines(output) || (ended ?? 'it does not answer')})`,
    `see ${logFile}; if this machine lacks the rights that dockerd needs, as most containers do, set DOCKER_HOST to an engine elsewhere`,
  );
}

async function stop(pid: number | undefined, end: Promise<void>): Promise<void> {
  if (pid === undefined) return;
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(pid, name);
    } catch {
      // It has already ended.
    }
  };
  signal('SIGTERM');
  const timer = setTimeout(() => signal('SIGKILL'), STOP_WITHIN_MS);
  await end;
  clearTimeout(timer);
}
