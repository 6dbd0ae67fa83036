/** Which process has locked a state folder. Source: proc(5), unix(7) */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { lockName } from '../state.ts';

export interface LockOwner {
  readonly pid: number;
  /** Its program and arguments. */
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/** The process that has locked the folder; null if none has. Null, too, if this user may not look at it. */
export async function lockOwner(state: string): Promise<LockOwner | null> {
  const inode = inodeOf(await readFile('/proc/net/unix', 'latin1'), await lockName(state));
  if (inode === null) return null;
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry) || !(await holds(entry, inode))) continue;
    const [words, environ] = await Promise.all([read(entry, 'cmdline'), read(entry, 'environ')]);
    return { pid: Number(entry), words: partsOf(words), env: variablesOf(partsOf(environ)) };
  }
  return null;
}

/** The flag of a listening socket (__SO_ACCEPTCON in the kernel). Connections that it accepted have its name, too. */
const LISTENING = '00010000';

/**
 * The inode of a listening abstract socket in the table of /proc/net/unix, which shows the zero of its name as `@`. Pure.
 */
export function inodeOf(table: string, name: string): string | null {
  const path = `@${name.slice(1)}`;
  for (const line of table.split('\n')) {
    const columns = line.trim().split(/\s+/);
    if (columns[7] === path && columns[3] === LISTENING) return columns[6] ?? null;
  }
  return null;
}

async function holds(pid: string, inode: string): Promise<boolean> {
  // Another user's, or ended meanwhile.
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
  for (const descriptor of descriptors) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
    if (target === `socket:[${inode}]`) return true;
  }
  return false;
}

const read = (pid: string, name: string): Promise<string> =>
  // It has ended meanwhile.
  readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');

const partsOf = (text: string): string[] => text.split('\0').filter((part) => part !== '');

const variablesOf = (parts: readonly string[]): NodeJS.ProcessEnv =>
  Object.fromEntries(
    parts.flatMap((part) => {
      const at = part.indexOf('=');
      return at < 1 ? [] : [[part.slice(0, at), part.slice(at + 1)] as const];
    }),
  );
