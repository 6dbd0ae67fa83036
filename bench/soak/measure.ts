/** What an instance takes: memory and open files of its processes, and the bytes that each part stores (Linux). */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { below, entries, textOf } from '../processes.ts';

export interface Sample {
  /** Deployments that have ended so far. */
  readonly deployments: number;
  /** Deployments per second since the last sample. */
  readonly perSecond: number;
  /** Resident memory of the processes of this name, in bytes. */
  readonly workerd: number;
  readonly node: number;
  /** Files that these processes have open. */
  readonly openFiles: number;
  /** Bytes on disk. */
  readonly objects: number;
  readonly database: number;
  readonly bucket: number;
  readonly log: number;
}

/** Measures the processes below `root` (a process id) and the folder that an instance stores its data in. */
export function measure(
  root: number,
  { persist, log }: { persist: string; log: string },
): Omit<Sample, 'deployments' | 'perSecond'> {
  const processes = below(root);
  const memoryOf = (isWanted: (name: string) => boolean) =>
    sum(processes.filter(({ name }) => isWanted(name)).map(({ pid }) => residentBytes(pid)));
  return {
    workerd: memoryOf((name) => name === 'workerd'),
    node: memoryOf((name) => name !== 'workerd'),
    openFiles: sum(processes.map(({ pid }) => entries(`/proc/${pid}/fd`).length)),
    objects: diskBytes(join(persist, 'do')),
    database: diskBytes(join(persist, 'd1')),
    bucket: diskBytes(join(persist, 'r2')),
    log: statSync(log).size,
  };
}

function residentBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(textOf(`/proc/${pid}/status`) ?? '')?.[1] ?? 0) * 1024;
}

/** What the files below a folder take on disk: a file of one byte takes a block. */
function diskBytes(folder: string): number {
  return sum(
    entries(folder).map((entry) => {
      const path = join(folder, entry);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat === undefined) return 0;
      return stat.isDirectory() ? diskBytes(path) : stat.blocks * 512;
    }),
  );
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
