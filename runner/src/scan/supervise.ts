/** Keeps a clamd running. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from '../journal.ts';
import type { User } from './user.ts';

const MAX_RESTART_MS = 60_000;
const STOP_TIMEOUT_MS = 10_000;

export interface Supervised {
  readonly clamd: string;
  readonly folder: string;
  readonly user: User;
  readonly journal: Journal;
  /** The first pause before a clamd that ended is started again; it doubles up to a minute. */
  readonly restartMs: number;
  readonly signal: AbortSignal;
}

/** Runs clamd again and again until the signal aborts; resolves when the last one has ended. */
export async function supervise({
  clamd,
  folder,
  user,
  journal,
  restartMs,
  signal,
}: Supervised): Promise<void> {
  let pause = restartMs;
  while (!signal.aborted) {
    const startedAt = performance.now();
    const said = await runOnce(clamd, folder, user, signal);
    if (signal.aborted) return;
    journal.warn('The malware scanner exited. Restarting it', { said });
    pause = performance.now() - startedAt > MAX_RESTART_MS ? restartMs : Math.min(pause * 2, MAX_RESTART_MS);
    // The pause is cut short by the end of the runner.
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

/** Runs clamd until it ends. Gives the last line that it said. */
function runOnce(clamd: string, folder: string, user: User, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(clamd, ['--config-file=clamd.conf'], {
      cwd: folder,
      ...(user.ids ?? {}),
      env: { PATH: process.env.PATH, TZ: process.env.TZ },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    const listen = (chunk: Buffer): void => {
      said = (said + chunk.toString('utf8')).slice(-2_000);
    };
    child.stdout?.on('data', listen);
    child.stderr?.on('data', listen);
    let killer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      child.kill('SIGTERM');
      killer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    const settle = (last: string): void => {
      clearTimeout(killer);
      signal.removeEventListener('abort', stop);
      resolve(last);
    };
    child.once('error', (error) => settle(error.message));
    child.once('close', () => settle(said.trim().split('\n').at(-1) ?? ''));
  });
}
