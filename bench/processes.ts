/** The processes of this machine, as /proc shows them (Linux). */
import { readdirSync, readFileSync } from 'node:fs';
import { parseStat } from './processor-time.ts';

/** The processes that descend from one, without it. */
export function below(root: number): { pid: number; name: string }[] {
  const all = entries('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      const stat = textOf(`/proc/${pid}/stat`);
      return stat === null ? [] : [{ pid: Number(pid), ...parseStat(stat) }];
    });
  const found: { pid: number; name: string }[] = [];
  let parents = new Set([root]);
  while (parents.size > 0) {
    const children = all.filter(({ parent }) => parents.has(parent));
    found.push(...children);
    parents = new Set(children.map(({ pid }) => pid));
  }
  return found;
}

/** The names in a folder; none if it is gone, as processes and temporary files may be at any moment. */
export function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A file's text; null if its process has ended. */
export function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
