/** What the program that runs an instance on one machine knows of that machine. */
import { MachineStatus } from '@appflux/protocol';
import type { Env } from '../env.ts';

/** How long its answer may take, in milliseconds. */
const ANSWER_WITHIN_MS = 4_000;

/** Null where there is no such program, as on Cloudflare. Throws if it doesn't answer. */
export async function machineStatus(env: Env): Promise<MachineStatus | null> {
  if (!env.MACHINE_STATUS_URL) return null;
  const response = await fetch(env.MACHINE_STATUS_URL, {
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    redirect: 'manual',
  });
  return MachineStatus.parse(await response.json());
}
