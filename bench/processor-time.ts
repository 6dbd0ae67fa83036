/** How much processor time the control plane has used: unlike wall time, it does not depend on other programs. */
import { readdirSync, readFileSync } from 'node:fs';

/** The kernel's clock ticks per second, as user space sees them on Linux (proc_pid_stat(5)). */
const TICKS_PER_SECOND = 100;

interface ProcessStat {
  readonly parent: number;
  readonly name: string;
  readonly seconds: number;
}

/** Parses the line of /proc/PID/stat. The name is in parentheses and may contain anything, including parentheses. */
export function parseStat(line: string): ProcessStat {
  const end = line.lastIndexOf(')');
  const fields = line.slice(end + 2).split(' ');
  return {
    parent: Number(fields[1]),
    name: line.slice(line.indexOf('(') + 1, end),
    seconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
  };
}

/** Seconds of processor time that the workerd processes below this one have used so far. */
export function workerdSeconds(): number {
  const stats = new Map<number, ProcessStat>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      stats.set(Number(entry), parseStat(readFileSync(`/proc/${entry}/stat`, 'utf8')));
    } catch {
      // It has ended since the folder was listed.
    }
  }
  const isOurs = (pid: number): boolean => {
    if (pid === process.pid) return true;
    const parent = stats.get(pid)?.parent;
    return parent !== undefined && isOurs(parent);
  };
  const ours = [...stats].filter(([pid, { name }]) => name === 'workerd' && isOurs(pid));
  return ours.reduce((sum, [, { seconds }]) => sum + seconds, 0);
}
