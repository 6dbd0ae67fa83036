/** Packages of the Debian or Ubuntu that a command runs on. */
import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { lastLines, StackProblem } from './problem.ts';
import type { Task } from './progress.ts';

/** Whether this process may install packages here. */
export function canInstallPackages(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** The first of the paths that exists, or null. */
export function firstExisting(...paths: string[]): string | null {
  return paths.find((path) => existsSync(path)) ?? null;
}

/**
 * Installs Debian packages without asking anything. When `signal` aborts this comes back at once, but apt-get goes on to
 * its end: cut short, it would leave the system's packages half installed.
 * @throws StackProblem `package_missing` when that cannot be: not root, no apt-get, or apt-get failed.
 */
export async function installPackages(
  packages: readonly string[],
  task: Task,
  signal?: AbortSignal,
): Promise<void> {
  const names = packages.join(' ');
  if (!canInstallPackages()) {
    throw new StackProblem(
      'package_missing',
      `The package${packages.length > 1 ? 's' : ''} ${names} must be installed and this is not root on Debian or Ubuntu`,
      `run "sudo apt-get install ${names}", then try again`,
    );
  }
  const apt = async (args: string[]) => {
    signal?.throwIfAborted();
    const running = execa('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      stdin: 'ignore',
      all: true,
      reject: false,
      detached: true,
      cleanup: false,
    });
    return Promise.race([running, aborted(signal)]);
  };
  task.detail('reading package lists');
  // It may fail for one source of many; the install says whether the packages were found all the same.
  const update = await apt(['update']);
  task.detail(`installing ${names}`);
  const install = await apt(['install', '-y', '--no-install-recommends', ...packages]);
  if (!install.failed) return;
  throw new StackProblem(
    'package_missing',
    `apt-get could not install ${names} (${lastLines(install.all) || lastLines(update.all)})`,
    `run "apt-get update && apt-get install ${names}" to see what is in the way`,
    { cause: install },
  );
}

/** Rejects with the signal's reason when it aborts. */
function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
