/** What the program that runs an instance on one machine knows of that machine. */
import { MachineStatus } from '@appflux/protocol';
import { diskOf } from '../disk/disk.ts';
import type { Env } from '../env.ts';
import { type CurrentDisk, disksOf } from './disks.ts';

/** How long its answer may take, in milliseconds. */
const ANSWER_WITHIN_MS = 4_000;

/** The disks that the instance uses, as they are now; none on Cloudflare. */
export async function currentDisks(env: Env): Promise<CurrentDisk[]> {
  return disksOf(await machineStatus(env), await diskOf(env));
}

/** Null where there is no such program, as on Cloudflare. Throws if it doesn't answer. */
export async function machineStatus(env: Env): Promise<MachineStatus | null> {
  if (!env.MACHINE_STATUS_URL) return null;
  const response = await fetch(env.MACHINE_STATUS_URL, {
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    redirect: 'manual',
  });
  return MachineStatus.parse(await response.json());
}
