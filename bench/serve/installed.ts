/** The programs that this benchmark compares with, from Debian. */
import { execa } from 'execa';
import { installPackages } from '../../stack/debian.ts';
import type { Task } from '../../stack/progress.ts';

/** Installs the packages whose program is not there; each is named after its program. */
export async function installed(programs: readonly string[], say: (text: string) => void): Promise<void> {
  const missing: string[] = [];
  for (const program of programs) {
    const { exitCode } = await execa('which', [program], { reject: false });
    if (exitCode !== 0) missing.push(program);
  }
  if (missing.length === 0) return;
  say(`installing ${missing.join(', ')}`);
  const task: Pick<Task, 'detail'> = { detail: say };
  await installPackages(missing, task as Task);
}
