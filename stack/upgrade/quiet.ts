/** Makes an instance quiet before it is stopped: no new builds, and those that run come to their end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, type ClientPart, isClientError, RefusedError } from '@appflux/client';
import type { Maintenance } from '@appflux/protocol';
import { StackProblem } from '../problem.ts';

const ASK_EVERY_MS = 1_000;

/** What a reason for maintenance begins with that an upgrade gives. One that was killed leaves it behind. */
const UPGRADING = 'Upgrading to ';

/**
 * Turns maintenance on for the upgrade to a version.
 * @returns what turns it off again, unless people had turned it on; null if the version has no such switch
 */
export async function holdBuilds(
  client: ClientPart<{ operator: 'maintenance' | 'setMaintenance' }>,
  version: string,
): Promise<(() => Promise<void>) | null> {
  const before = await stateOf(client);
  if (before === null) return null;
  if (before.on && before.reason?.startsWith(UPGRADING) !== true) return async () => undefined;
  await client.operator.setMaintenance({ on: true, reason: UPGRADING + version });
  return async () => {
    await client.operator.setMaintenance({ on: false });
  };
}

async function stateOf(client: ClientPart<{ operator: 'maintenance' }>): Promise<Maintenance | null> {
  try {
    return await client.operator.maintenance();
  } catch (error) {
    if (error instanceof RefusedError && error.httpStatus === 404) return null;
    throw error;
  }
}

/** What people read while they wait. Pure. */
export const runningText = (running: number): string =>
  `${running} ${running === 1 ? 'build is' : 'builds are'} running`;

/** Waits until no build runs. @throws StackProblem `upgrade_refused` when that takes too long */
export async function untilIdle(
  client: Client,
  minutes: number,
  signal: AbortSignal,
  detail: (text: string) => void,
): Promise<void> {
  const deadline = performance.now() + minutes * 60_000;
  // A job that was handed out a moment before maintenance began counts a moment later.
  let idle = 0;
  while (idle < 2) {
    signal.throwIfAborted();
    const running = await runningNow(client);
    idle = running === 0 ? idle + 1 : 0;
    if (running !== null && running > 0) detail(runningText(running));
    if (idle < 2 && running !== 0 && performance.now() > deadline) {
      throw new StackProblem(
        'upgrade_refused',
        `After ${minutes} minutes ${running === null ? 'builds may still be running' : runningText(running)}`,
        'nothing was changed: wait longer with --wait MINUTES, or stop them with --now; they are then built again',
      );
    }
    await sleep(ASK_EVERY_MS, undefined, { signal });
  }
}

/** How many builds run; null if the instance doesn't answer right now. */
async function runningNow(client: Client): Promise<number | null> {
  try {
    return (await client.operator.maintenance()).running;
  } catch (error) {
    if (isClientError(error) && error.code === 'unavailable') return null;
    throw error;
  }
}
