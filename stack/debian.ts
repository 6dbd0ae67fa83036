/** Installs packages of Debian or Ubuntu. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { execa } from 'execa';
import { lastLines, StackProblem } from './problem.ts';
import type { Task } from './progress.ts';

/** Whether this process can install packages here. */
export function canInstallPackages(): boolean {
  return process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
}

/** The first of the paths that exists, or null. */
export function firstExisting(...paths: string[]): string | null {
  return paths.find((path) => existsSync(path)) ?? null;
}

/** Returns the packages that apt can install, as far as it knows: all of them before it has read the package lists. */
export async function obtainable(packages: readonly string[]): Promise<readonly string[]> {
  const lists = await readdir('/var/lib/apt/lists').catch((): string[] => []);
  if (packages.length === 0 || !lists.some((name) => name.includes('_Packages'))) return packages;
  // It exits with 100 when one of them is unknown, and prints the others all the same.
  const { stdout } = await execa('apt-cache', ['show', '--no-all-versions', ...packages], { reject: false });
  return packages.filter((name) => (stdout ?? '').split('\n').includes(`Package: ${name}`));
}

/**
 * Installs Debian packages non-interactively, leaving out those of `optional` that this system does not have. When `signal`
 * aborts this rejects immediately, but apt-get runs to its end: interrupting it would leave the system's packages half
 * installed.
 * @throws StackProblem `package_missing` if that is not possible: not root, no apt-get, or apt-get failed
 */
export async function installPackages(
  packages: readonly string[],
  task: Task,
  signal?: AbortSignal,
  optional: readonly string[] = [],
): Promise<void> {
  const names = [...packages, ...optional].join(' ');
  if (!canInstallPackages()) {
    throw new StackProblem(
      'package_missing',
      `The package${packages.length > 1 ? 's' : ''} ${names} can't be installed: this is not root on Debian or Ubuntu`,
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
  // One source of many may fail; the install shows whether the packages were found anyway.
  const update = await apt(['update']);
  const extra = await obtainable(optional);
  task.detail(`installing ${names}`);
  const install = await apt(['install', '-y', '--no-install-recommends', ...packages, ...extra]);
  if (!install.failed) return;
  throw new StackProblem(
    'package_missing',
    `apt-get could not install ${names} (${lastLines(install.all) || lastLines(update.all)})`,
    `run "apt-get update && apt-get install ${names}" to see why`,
    { cause: install },
  );
}

/** Rejects with the signal's reason when it aborts. */
function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Stops and disables services that Debian has started with a package, where systemd runs. */
export async function switchOffServices(units: readonly string[]): Promise<void> {
  if (units.length === 0 || !existsSync('/run/systemd/system')) return;
  // Where it fails the service stays, and the port that it keeps is reported with its name.
  await execa('systemctl', ['disable', '--now', ...units], { stdin: 'ignore', reject: false });
}
