/** Builds the dashboard when its inputs have changed. */
import { existsSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { fingerprint, readInput, readStamp, readTree, writeStamp } from './fingerprint.ts';
import { environmentOfOwn } from './npm.ts';
import { errorLines, StackProblem } from './problem.ts';
import { during, type Progress } from './progress.ts';

/** Folders of `dashboard/` that tools generate. */
const GENERATED = ['node_modules', 'build', '.svelte-kit'];

/**
 * Makes sure that `dashboard/build` was built from the current sources.
 * @returns whether it had to be built
 * @throws StackProblem `dashboard_failed` with the end of the build's output
 */
export async function ensureDashboard(
  root: string,
  env: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<boolean> {
  const index = join(root, 'dashboard', 'build', 'index.html');
  // The image of an instance has the built dashboard without its sources.
  if (!existsSync(join(root, 'dashboard', 'src')) && existsSync(index)) return false;
  const files = [
    ...(await readTree(join(root, 'dashboard'), 'dashboard', GENERATED)),
    ...(await readTree(join(root, 'protocol', 'src'), 'protocol')),
    ...(await readTree(join(root, 'detection', 'src'), 'detection')),
    ...(await readTree(join(root, 'client', 'src'), 'client')),
    await readInput(join(root, 'package-lock.json'), 'package-lock.json'),
  ];
  const hash = fingerprint(files);
  // Beside the packages, because the build empties its own folder and serves everything in it.
  const stamp = join(root, 'node_modules', '.cache', 'appflux', 'dashboard');
  if ((await readStamp(stamp)) === hash && existsSync(index)) return false;
  await during(progress, 'Building the dashboard', async () => {
    const result = await execa('npm', ['run', 'build', '--workspace', 'dashboard'], {
      cwd: root,
      // npm starts programs with the first node on the path: make it this one, not the system's.
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
        'run "npm run build -w dashboard" for the full output',
      );
    }
  });
  await mkdir(dirname(stamp), { recursive: true });
  await writeStamp(stamp, hash);
  return true;
}

/**
 * Replaces an instance's copy of the built dashboard. Without a copy of its own, its pages would request files that
 * are gone as soon as someone builds in the same checkout.
 */
export async function copyDashboard(root: string, into: string): Promise<void> {
  await rm(into, { recursive: true, force: true });
  await cp(join(root, 'dashboard', 'build'), into, { recursive: true });
}
