/** Holds processes still, so that nothing changes on disk for a moment. Source: proc(5), signal(7) */
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { StackProblem } from '../../problem.ts';

/** How long all threads of a process may take to stop: one may be in the middle of a write. */
const STOPS_WITHIN_MS = 2_000;

/** The processes that a process has started, with those that these have started. */
export function descendants(pid: number): number[] {
  const children: number[] = [];
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const text = readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim();
      if (text !== '') children.push(...text.split(/\s+/).map(Number));
    }
  } catch {
    // It has ended while it was looked at: it has no children any more.
  }
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/**
 * Stops processes and waits until every thread of them stands still: what they write by then is on disk or in the page
 * cache, and they write nothing more.
 * @throws StackProblem `backup_failed` when one does not stop; then all go on
 */
export async function stopProcesses(pids: readonly number[]): Promise<void> {
  for (const pid of pids) signal(pid, 'SIGSTOP');
  const deadline = performance.now() + STOPS_WITHIN_MS;
  while (!pids.every(isStopped)) {
    if (performance.now() > deadline) {
      continueProcesses(pids);
      throw new StackProblem(
        'backup_failed',
        `The control plane could not be paused within ${STOPS_WITHIN_MS / 1000} s`,
        'a disk that is too slow or too busy can be the reason: try again later',
      );
    }
    await sleep(1);
  }
}

export function continueProcesses(pids: readonly number[]): void {
  for (const pid of pids) signal(pid, 'SIGCONT');
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // ESRCH: it has ended, and writes nothing either.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Whether all threads of a process are stopped, or it has ended. */
function isStopped(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((task) => {
      const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'latin1');
      // The state is behind the name, which is in parentheses and may contain some itself.
      const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
      return state === 'T' || state === 't' || state === 'Z' || state === 'X';
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH'))
      return true;
    throw error;
  }
}
