/** Builds the dashboard when its inputs have changed. */
import { existsSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { fingerprint, readInput, readStamp, readTree, writeStamp } from './fingerprint.ts';
import { environmentOfOwn } from './npm.ts';
import { errorLines, StackProblem } from './problem.ts';
import { during, type Progress } from './progress.ts';
import { ensureRunnerPackage } from './runner-package/ensure.ts';

/** Folders of `dashboard/` that tools generate. */
const GENERATED = ['node_modules', 'build', '.svelte-kit'];

/**
 * Makes sure that `dashboard/build` was built from the current sources, and that the runner's package is in it.
 * @returns whether the dashboard had to be built
 * @throws StackProblem `dashboard_failed` with the end of the build's output
 */
export async function ensureDashboard(
  root: string,
  env: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<boolean> {
  const build = join(root, 'dashboard', 'build');
  // The image of an instance has the built dashboard without its sources.
  if (!existsSync(join(root, 'dashboard', 'src')) && existsSync(join(build, 'index.html'))) return false;
  const wasBuilt = await ensureBuilt(root, env, progress);
  // The dashboard's build empties its folder first.
  await ensureRunnerPackage(root, build);
  return wasBuilt;
}

async function ensureBuilt(root: string, env: NodeJS.ProcessEnv, progress: Progress): Promise<boolean> {
  const index = join(root, 'dashboard', 'build', 'index.html');
  const files = [
    ...(await readTree(join(root, 'dashboard'), 'dashboard', GENERATED)),
    ...(await readTree(join(root, 'protocol', 'src'), 'protocol')),
    ...(await readTree(join(root, 'detection', 'src'), 'detection')),
    ...(await readTree(join(root, 'client', 'src'), 'client')),
    // The sample project is part of a page.
    ...(await readTree(join(root, 'samples'), 'samples')),
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
      // Vitest sets NODE_ENV to `test`, which would build a larger dashboard, with checks for developers.
      env: {
        ...environmentOfOwn(env),
        NODE_ENV: 'production',
        PATH: `${dirname(process.execPath)}:${env.PATH ?? ''}`,
      },
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
