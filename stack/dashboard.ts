/** Builds the dashboard when its inputs have changed. */
import { existsSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { fingerprint, readInput, readStamp, readTree, writeStamp } from './fingerprint.ts';
import { environmentOfOwn } from './npm.ts';
import { errorLines, StackProblem } from './problem.ts';
import { during, type Progress } from './progress.ts';

/** Folders of `dashboard/` that are made by tools. */
const MADE = ['node_modules', 'build', '.svelte-kit'];

/**
 * Makes sure that `dashboard/build` was made of today's sources.
 * @returns whether it had to be built
 * @throws StackProblem `dashboard_failed` with the build's last words
 */
export async function ensureDashboard(
  root: string,
  env: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<boolean> {
  const files = [
    ...(await readTree(join(root, 'dashboard'), 'dashboard', MADE)),
    ...(await readTree(join(root, 'protocol', 'src'), 'protocol')),
    ...(await readTree(join(root, 'detection', 'src'), 'detection')),
    await readInput(join(root, 'package-lock.json'), 'package-lock.json'),
  ];
  const hash = fingerprint(files);
  // Beside the packages, as the build empties its own folder and serves all that is in it.
  const stamp = join(root, 'node_modules', '.cache', 'appflux', 'dashboard');
  if ((await readStamp(stamp)) === hash && existsSync(join(root, 'dashboard', 'build', 'index.html')))
    return false;
  await during(progress, 'Building the dashboard', async () => {
    const result = await execa('npm', ['run', 'build', '--workspace', 'dashboard'], {
      cwd: root,
      // What npm starts, it starts with the first node on the path: this one, not the system's.
      env: { ...environmentOfOwn(env), PATH: `${dirname(process.execPath)}:${env.PATH ?? ''}` },
      extendEnv: false,
      stdin: 'ignore',
      all: true,
      reject: false,
    });
    if (result.failed) {
      throw new StackProblem(
        'dashboard_failed',
        `The dashboard could not be built (${errorLines(result.all)})`,
        'run "npm run build -w dashboard" to see all of it',
      );
    }
  });
  await mkdir(dirname(stamp), { recursive: true });
  await writeStamp(stamp, hash);
  return true;
}

/**
 * Gives an instance a copy of the built dashboard, in place of an older one. Without one of its own, its pages would ask for
 * files that are gone as soon as somebody builds anew in the same checkout.
 */
export async function copyDashboard(root: string, into: string): Promise<void> {
  await rm(into, { recursive: true, force: true });
  await cp(join(root, 'dashboard', 'build'), into, { recursive: true });
}
