/** An instance that runs from a git clone of this checkout, and a remote with later versions of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { ROOT } from '../../stack/command.ts';
import { environmentOfOwn } from '../../stack/npm.ts';

/** The files of a version that differ from those before, by path: what their text becomes. */
export type Change = Record<string, (text: string) => string>;

/** Commits below are made by nobody in particular, whatever git's configuration is. */
const git = async (cwd: string, ...args: string[]): Promise<string> =>
  (
    await execa('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args], {
      cwd,
      env: { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' },
    })
  ).stdout;

/** A remote repository whose first version is this checkout, without tests. */
export class Remote {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async create(path: string, change: Change): Promise<Remote> {
    await mkdir(path, { recursive: true });
    const { stdout } = await execa('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: ROOT });
    for (const file of new Set(stdout.split('\0'))) {
      if (file === '' || /^(?:e2e|bench|chaos|docs)\/|\/recorded\/|\.test\.ts$/.test(file)) continue;
      await cp(join(ROOT, file), join(path, file));
    }
    await git(path, 'init', '--quiet', '--initial-branch=main');
    const remote = new Remote(path);
    await remote.commit(change);
    return remote;
  }

  /** Adds a version. Returns its commit. */
  async commit(change: Change): Promise<string> {
    for (const [name, edit] of Object.entries(change)) {
      const file = join(this.path, name);
      const text = await readFile(file, 'utf8').catch(() => '');
      const edited = edit(text);
      if (edited === text) throw new Error(`nothing to change in ${name}`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, edited);
    }
    await git(this.path, 'add', '--all');
    await git(this.path, 'commit', '--quiet', '--message', 'a version');
    return git(this.path, 'rev-parse', 'HEAD');
  }
}

/** Clones a remote, and gives the clone the packages of this checkout. */
export async function cloneOf(remote: Remote, into: string): Promise<void> {
  await git(dirname(into), 'clone', '--quiet', remote.path, into);
  for (const part of ['', 'runner', 'dashboard', 'stack']) {
    await execa('cp', ['-al', join(ROOT, part, 'node_modules'), join(into, part, 'node_modules')]);
  }
  // Programs write their stamps in place, and links would change those of this checkout. Icons are a third of all files, and
  // only a build of the dashboard needs them.
  for (const name of ['.cache', '@lucide', 'simple-icons'])
    await rm(join(into, 'node_modules', name), { recursive: true, force: true });
}

/** The commit that is checked out, and the branch. */
export const positionOf = async (clone: string): Promise<string[]> =>
  (await git(clone, 'rev-parse', 'HEAD', '--abbrev-ref', 'HEAD')).split('\n');

/** The environment of this process without AppFlux's and npm's variables. */
const OUTSIDE = Object.fromEntries(
  Object.entries(environmentOfOwn(process.env)).filter(([name]) => !/^(?:APPFLUX|npm)_/.test(name)),
);

/** Starts a command of a clone as npm does. Its output is collected. */
export function command(
  clone: string,
  args: readonly string[],
  env: Record<string, string>,
): { process: ChildProcess; output: () => string; exitCode: Promise<number | null> } {
  const child = spawn(process.execPath, [join(clone, 'stack', 'bootstrap.mjs'), ...args], {
    cwd: clone,
    env: { ...OUTSIDE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const exitCode = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { process: child, output: () => output, exitCode };
}
