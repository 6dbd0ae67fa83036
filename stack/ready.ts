/** When a local instance is ready, and the line that says so. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Health, InstanceSetUp, Runner } from '@appflux/protocol';
import type { ControlPlane } from './control-plane.ts';
import { StackProblem } from './problem.ts';
import type { Task } from './progress.ts';

const READY_WITHIN_MS = 120_000;
const ASK_EVERY_MS = 50;

/** What is missing, in words; null if nothing is. */
export function waitingFor(
  health: Health | null,
  runners: readonly Pick<Runner, 'name' | 'status'>[],
  wanted: readonly string[],
): string | null {
  if (health === null) return 'the control plane';
  if (health.status !== 'ok') {
    const down = Object.entries(health.parts).flatMap(([part, state]) => (state === 'ok' ? [] : [part]));
    return `the control plane's ${down.join(' and ')}`;
  }
  if (wanted.length === 0) return null;
  const online = runners.some(({ name, status }) => wanted.includes(name) && status === 'online');
  return online ? null : `a runner (${wanted.join(', ')})`;
}

/**
 * Waits until the control plane is healthy and one of the named runners is online.
 * @throws StackProblem `edge_failed` or `runner_failed` after a timeout
 */
export async function untilReady(
  edge: ControlPlane,
  wanted: readonly string[],
  logs: string,
  task: Task,
): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const health = await edge.health();
    const well = health?.status === 'ok';
    const missing = waitingFor(health, well && wanted.length > 0 ? await edge.runners() : [], wanted);
    if (missing === null) return;
    if (performance.now() > deadline) {
      throw new StackProblem(
        well ? 'runner_failed' : 'edge_failed',
        `Timed out waiting for ${missing} after ${READY_WITHIN_MS / 1000} s`,
        `see the log files in ${logs}`,
      );
    }
    task.detail(`waiting for ${missing}`);
    await sleep(ASK_EVERY_MS);
  }
}

/** The line that scripts wait for. */
export function readyLine(url: string, { signIn }: InstanceSetUp): string {
  return `ready  ${url}  sign in once with ${signIn.url}`;
}
