/** Which process listens on a TCP port of this machine, as far as this user may see. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename } from 'node:path';

export interface PortOwner {
  readonly pid: number;
  /** The program, and for an interpreter its script; never arguments, which may hold secrets. */
  readonly command: string;
}

/** proc(5): the state of a listening socket in /proc/net/tcp. */
const LISTENING = '0A';

/** The process that listens on the port, at any address; null when nothing does or it belongs to another user. */
export async function portOwner(port: number): Promise<PortOwner | null> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readable(`/proc/net/${name}`)));
  const inodes = new Set(tables.flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return null;
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    // Another user's, or ended meanwhile: nothing can be said about it.
    const descriptors = await readdir(`/proc/${entry}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${entry}/fd/${descriptor}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      return { pid: Number(entry), command: programOf(await readable(`/proc/${entry}/cmdline`)) };
    }
  }
  return null;
}

/** The inodes of the sockets that listen on a port, in a table of proc(5). Pure. */
export function listeningInodes(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return table.split('\n').flatMap((line) => {
    const columns = line.trim().split(/\s+/);
    const matches = columns[1]?.endsWith(`:${hex}`) === true && columns[3] === LISTENING;
    return matches && columns[9] !== undefined ? [columns[9]] : [];
  });
}

/** The program of a `cmdline` of proc(5), and the script that it was given first. Pure. */
export function programOf(cmdline: string): string {
  const [program = '', first = ''] = cmdline.split('\0');
  const script = /^[^-=]*\/[^-=]*\.(?:[cm]?[jt]s|py|rb|pl|php|sh)$/.test(first) ? ` ${basename(first)}` : '';
  // A process may write into its own command line, as nginx does.
  return `${basename(program.split(' ')[0] ?? '').replace(/[^\w.@+-]/g, '') || 'a process'}${script}`;
}

const readable = (path: string): Promise<string> =>
  // Not there without IPv6, or ended meanwhile.
  readFile(path, 'latin1').catch(() => '');
