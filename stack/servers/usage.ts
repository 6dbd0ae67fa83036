/** What Linux counts of a process (proc(5)). */
import { readFile, writeFile } from 'node:fs/promises';

export interface Usage {
  /** Processor time of all its threads, in milliseconds. */
  readonly cpuMs: number;
  /** Calls by which it read or wrote. A script that loops makes none. */
  readonly calls: number;
  /** Resident memory, in bytes. */
  readonly memoryBytes: number;
}

/** Linux counts processor time for programs in hundredths of a second, on every architecture that Node runs on. */
const TICK_MS = 10;

/** The usage of a process so far; null if it has ended. */
export async function usageOf(pid: number): Promise<Usage | null> {
  try {
    const [stat, io, status] = await Promise.all(
      ['stat', 'io', 'status'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8')),
    );
    return parseUsage(stat ?? '', io ?? '', status ?? '');
  } catch (error) {
    // ENOENT and ESRCH: it has ended. EACCES: it is ending, and its files belong to root already.
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

/** Parses `stat`, `io` and `status` of a process; null for one that has ended. Pure. */
export function parseUsage(stat: string, io: string, status: string): Usage | null {
  // The second field is the program's name in parentheses, which may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const number = (text: string, pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? Number.NaN);
  const memory = number(status, /^VmRSS:\s+(\d+) kB$/m);
  if (fields[0] === 'Z' || fields[0] === 'X' || Number.isNaN(memory)) return null;
  return {
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    calls: number(io, /^syscr: (\d+)$/m) + number(io, /^syscw: (\d+)$/m),
    memoryBytes: memory * 1024,
  };
}

/** Makes the kernel end this process before others of the machine when memory runs out. */
export async function offerToKernel(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/oom_score_adj`, '500').catch(() => {
    // It has ended, or /proc is not writable in this container: the order is the kernel's then.
  });
}

/** How many connections a Unix socket of this machine has, accepted or waiting. */
export async function connectionsOf(path: string): Promise<number> {
  return countConnections(await readFile('/proc/net/unix', 'utf8'), path);
}

/** Counts them in the kernel's list, in which a listening socket has a flag of its own. Pure. */
export const countConnections = (list: string, path: string): number =>
  list.split('\n').filter((line) => line.endsWith(` ${path}`) && line.split(' ')[3] !== '00010000').length;
