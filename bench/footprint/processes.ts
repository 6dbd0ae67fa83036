/** How much memory each process of an instance needs (Linux). */
import { readdirSync, readFileSync } from 'node:fs';
import { parseStat } from '../processor-time.ts';

/** What the processes of an instance are, by their command lines; the first that matches. */
const PARTS = [
  ['launcher', /stack\/bootstrap\.mjs/],
  ['start', /stack\/start\.ts/],
  ['edge', /stack\/edge\.ts/],
  ['runner', /runner\/src\/commands\/cli\.ts/],
  ['workerd of sites', /workerd .*workerd\.capnp/],
  ['workerd', /workerd /],
] as const;

export const PART_NAMES = [...PARTS.map(([name]) => name), 'others'] as const;
export type Part = (typeof PART_NAMES)[number];

/** Which part of an instance a command line is. */
export function partOf(command: string): Part {
  return PARTS.find(([, pattern]) => pattern.test(command))?.[0] ?? 'others';
}

/**
 * The proportional set size (PSS) of a process and all that descend from it, by part, in bytes: pages that several
 * processes share count once in all. See proc_pid_smaps(5).
 */
export function footprint(root: number): Record<Part, number> {
  const all = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      const stat = textOf(`/proc/${pid}/stat`);
      return stat === null ? [] : [{ pid: Number(pid), parent: parseStat(stat).parent }];
    });
  const found = Object.fromEntries(PART_NAMES.map((name) => [name, 0])) as Record<Part, number>;
  let generation = [root];
  while (generation.length > 0) {
    for (const pid of generation) {
      const command = (textOf(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ');
      const size = Number(/^Pss:\s+(\d+) kB$/m.exec(textOf(`/proc/${pid}/smaps_rollup`) ?? '')?.[1] ?? 0);
      found[partOf(command)] += size * 1024;
    }
    const parents = new Set(generation);
    generation = all.filter(({ parent }) => parents.has(parent)).map(({ pid }) => pid);
  }
  return found;
}

/** A file's text; null if its process has ended. */
function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
