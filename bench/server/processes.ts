/** Processor time and memory of single processes, which other programs of the machine don't change. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { socketPaths } from '../../stack/servers/config.ts';
import { ping } from '../../stack/servers/ping.ts';
import { parseStat } from '../processor-time.ts';

/** Processor time of a process so far, in milliseconds. */
export const processorMs = (pid: number): number =>
  parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).seconds * 1_000;

/** Memory of a process in MB: its own, without what it shares with others of the same program. */
export function ownMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024) / 1e6;
}

/** The two workerd processes of an instance, by the folder of its state. That for servers starts if it does not run yet. */
export async function workerdOf(state: string): Promise<{ control: number; servers: number }> {
  await ping(socketPaths(join(state, 'run')).host);
  const found: { control?: number; servers?: number } = {};
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8');
      if (!command.includes('workerd\0serve')) continue;
      if (command.includes(`${state}/servers-tmp/`)) found.servers = Number(name);
      else if (readFileSync(`/proc/${name}/environ`, 'utf8').includes(`${state}/`))
        found.control = Number(name);
    } catch {
      // It has ended since the folder was listed, or belongs to another user.
    }
  }
  const { control, servers } = found;
  if (control === undefined || servers === undefined) throw new Error('the instance has no such processes');
  return { control, servers };
}
