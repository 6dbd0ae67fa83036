/** How much memory each process of an instance needs (Linux). */
import { below, textOf } from '../processes.ts';

/** What the processes of an instance are, by their command lines; the first that matches. */
const PARTS = [
  ['launcher', /stack\/bootstrap\.mjs/],
  ['start', /stack\/start\.ts/],
  ['edge', /stack\/edge\.ts/],
  ['runner', /bundle-runner\//],
  ['workerd of sites', /workerd .*workerd\.capnp/],
  ['workerd', /workerd /],
] as const;

export const PART_NAMES = [...PARTS.map(([name]) => name), 'others'] as const;
export type Part = (typeof PART_NAMES)[number];

/** Which part of an instance a command line is. */
export function partOf(command: string): Part {
  return PARTS.find(([, pattern]) => pattern.test(command))?.[0] ?? 'others';
}

/** The command line of a process, with spaces between its arguments; empty if it has ended. */
export const commandOf = (pid: number): string =>
  (textOf(`/proc/${pid}/cmdline`) ?? '').replaceAll('\0', ' ');

/**
 * The proportional set size (PSS) of a process and all that descend from it, by part, in bytes: pages that several
 * processes share count once in all. See proc_pid_smaps(5).
 */
export function footprint(root: number): Record<Part, number> {
  const found = Object.fromEntries(PART_NAMES.map((name) => [name, 0])) as Record<Part, number>;
  for (const pid of [root, ...below(root).map((process) => process.pid)]) {
    const size = Number(/^Pss:\s+(\d+) kB$/m.exec(textOf(`/proc/${pid}/smaps_rollup`) ?? '')?.[1] ?? 0);
    found[partOf(commandOf(pid))] += size * 1024;
  }
  return found;
}
