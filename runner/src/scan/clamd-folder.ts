/** The folder of the runner's own clamd, and what an earlier run left in it. */
import { chmod, chown, mkdir, readdir, readFile, readlink, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from '../journal.ts';
import type { User } from './user.ts';

/** Recreates the folder, except for its signatures: what a scan left in `tmp` may be gigabytes of somebody's source. */
export async function makeFolder(folder: string, user: User, config: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    if (name !== 'db') await rm(join(folder, name), { recursive: true, force: true });
  }
  await mkdir(join(folder, 'tmp'));
  await mkdir(join(folder, 'db'), { recursive: true });
  await writeFile(join(folder, 'clamd.conf'), config);
  for (const path of ['.', 'tmp', 'db', 'clamd.conf'].map((name) => join(folder, name))) {
    if (user.ids !== null) await chown(path, user.ids.uid, user.ids.gid);
  }
  await chmod(folder, 0o700);
}

/** Ends a clamd that a killed runner left behind in the same folder. */
export async function endLeftover(folder: string, journal: Journal): Promise<void> {
  const text = await readFile(join(folder, 'clamd.pid'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const pid = Number(text);
  if (!Number.isInteger(pid) || pid <= 1 || !(await worksIn(pid, folder))) return;
  journal.warn('Stopped a malware scanner of an earlier run', { pid });
  process.kill(pid, 'SIGKILL');
  while (await worksIn(pid, folder)) await sleep(20);
}

/** Whether a process runs in the folder; the number alone may have gone to another process. */
async function worksIn(pid: number, folder: string): Promise<boolean> {
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === (await realpath(folder));
  } catch {
    // The process or the folder is gone, or the process is somebody else's: not ours either way.
    return false;
  }
}
