/**
 * Runs a program of `bench/` or `chaos/` with what it needs: the engine, builder images, servers and packages,
 * prepared as for `npm test`.
 */
import process from 'node:process';
import { execa } from 'execa';
import { ROOT, runCommand } from './command.ts';
import { ensureDashboard } from './dashboard.ts';
import { StackProblem } from './problem.ts';
import { progressOn } from './progress.ts';
import { NEEDS, type Need, needsOf, readFrom } from './testing/needs.ts';
import { ensureImages, ensurePackages, ensureServers } from './testing/prepare.ts';

export interface Program {
  /** Its path in the checkout. */
  readonly path: string;
  readonly args: readonly string[];
  /** The builder images that it uses; all by default. */
  readonly images?: readonly string[];
}

/** Prepares the machine and runs the program to its end, with its exit code. */
export async function runProgram({ path, args, images }: Program): Promise<void> {
  await runCommand(async () => {
    const read = readFrom(ROOT);
    if (read(path) === null) {
      throw new StackProblem(
        'arguments_invalid',
        `${path} does not exist`,
        'see the scripts of package.json',
      );
    }
    // Progress goes to standard error: standard output is the program's result.
    const progress = progressOn(process.stderr);
    const needed = needsOf(path, read);
    const plan = {
      checks: false,
      ...(Object.fromEntries(NEEDS.map((need) => [need, needed.has(need)])) as Record<Need, boolean>),
    };
    await using cleanup = new AsyncDisposableStack();
    await ensurePackages(plan, progress);
    await ensureServers(plan, progress);
    const ready = plan.engine ? await ensureImages(cleanup, progress, images) : null;
    if (plan.dashboard) await ensureDashboard(ROOT, process.env, progress);
    const { exitCode } = await execa(process.execPath, [path, ...args], {
      cwd: ROOT,
      env: { ...process.env, ...(ready === null ? {} : { DOCKER_HOST: ready.address.name }) },
      stdio: 'inherit',
      reject: false,
    });
    return exitCode ?? 1;
  });
}
