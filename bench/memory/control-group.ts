/** A group of processes with a memory limit (cgroups(7), both versions). Only root can make one, where /sys/fs/cgroup is writable. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ControlGroup {
  /** Runs something whose child processes belong to the group, with their own children. */
  within<Result>(work: () => Promise<Result>): Promise<Result>;
  /** How many processes of the group the kernel has killed for lack of memory. */
  killed(): number;
  /** Waits until its processes have ended, and removes it. */
  remove(): Promise<void>;
}

const ROOT = '/sys/fs/cgroup';

/** Makes a group that may use so many bytes. Throws the file system's error where that is not possible. */
export function memoryGroup(bytes: number): ControlGroup {
  const isSecond = existsSync(join(ROOT, 'cgroup.controllers'));
  const parent = isSecond ? ROOT : join(ROOT, 'memory');
  const group = join(parent, `appflux-${process.pid}`);
  mkdirSync(group);
  writeFileSync(join(group, isSecond ? 'memory.max' : 'memory.limit_in_bytes'), String(bytes));
  // Where there is swap, it would stand in for memory.
  if (isSecond) writeFileSync(join(group, 'memory.swap.max'), '0');
  const home = join(parent, ownGroup(isSecond));
  const move = (to: string) => writeFileSync(join(to, 'cgroup.procs'), String(process.pid));
  return {
    within: async (work) => {
      // A child begins in the group of its parent. What this process uses already stays counted where it was.
      move(group);
      try {
        return await work();
      } finally {
        move(home);
      }
    },
    killed: () => {
      const events = readFileSync(join(group, isSecond ? 'memory.events' : 'memory.oom_control'), 'utf8');
      return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0);
    },
    remove: async () => {
      const processes = () => readFileSync(join(group, 'cgroup.procs'), 'utf8');
      while (processes() !== '') await sleep(50);
      rmdirSync(group);
    },
  };
}

/** The path of this process's own group below the parent. */
function ownGroup(isSecond: boolean): string {
  const lines = readFileSync('/proc/self/cgroup', 'utf8').split('\n');
  const line = lines.find((text) => (isSecond ? text.startsWith('0::') : /^\d+:memory:/.test(text)));
  return line?.split(':')[2] ?? '/';
}
