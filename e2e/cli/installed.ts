/** The package `appflux` as people have it: built, packed, and installed in a folder without this checkout. */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { buildCli } from '../../cli/build/build.ts';

const CLI = join(import.meta.dirname, '..', '..', 'cli');

export interface Ran {
  readonly exit: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export class InstalledCli {
  /** The folder of everything: the package, and homes for its runs. */
  readonly folder: string;
  /** The program. */
  readonly bin: string;
  /** The Node that runs it: the system's, which may be older than ours. */
  readonly node: string;
  /** The home folder of its runs, with its configuration. */
  readonly home: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.bin = join(folder, 'project', 'node_modules', 'appflux', 'bin', 'appflux.mjs');
    this.node = systemNode();
    this.home = join(folder, 'home');
  }

  /** Builds, packs and installs it. */
  static async install(): Promise<InstalledCli> {
    const folder = await mkdtemp(join(tmpdir(), 'appflux-cli-'));
    const project = join(folder, 'project');
    for (const name of ['project', 'home']) await mkdir(join(folder, name));
    const npm = (args: string[]) => execa('npm', args, { cwd: project, stdin: 'ignore' });
    // As `npm pack -w cli` does it, but in a folder of its own: other tests build it at the same time.
    const workspace = join(folder, 'package');
    for (const name of ['package.json', 'README.md', 'bin']) {
      await cp(join(CLI, name), join(workspace, name), { recursive: true });
    }
    await buildCli(join(workspace, 'dist'));
    await npm(['pack', workspace, '--ignore-scripts']);
    const archive = (await readdir(project)).find((name) => name.endsWith('.tgz')) ?? '';
    await writeFile(join(project, 'package.json'), '{"private":true}');
    // It has no dependencies, so no registry is asked.
    await npm(['install', '--offline', '--no-audit', '--no-fund', join(project, archive)]);
    return new InstalledCli(folder);
  }

  /** What a run has in its environment: nothing of this process but the path. */
  env(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { PATH: process.env.PATH ?? '', HOME: this.home, TERM: 'xterm', ...more };
  }

  /** Runs it without a terminal. */
  async run(args: readonly string[], { cwd = this.home, env, input = '' }: RunOptions = {}): Promise<Ran> {
    const { exitCode, stdout, stderr } = await execa(this.node, [this.bin, ...args], {
      cwd,
      env: this.env(env),
      extendEnv: false,
      input,
      reject: false,
    });
    return { exit: exitCode, stdout, stderr };
  }

  /**
   * Runs it on a terminal, by util-linux's script(1). `answer` gets everything that was shown so far, whenever more was,
   * and gives what to type, or null.
   */
  async onTerminal(
    args: readonly string[],
    answer: (shown: string) => string | null,
    { cwd = this.home, env }: RunOptions = {},
  ): Promise<{ exit: number | undefined; shown: string }> {
    const quoted = [this.node, this.bin, ...args].map((arg) => `'${arg}'`).join(' ');
    // A terminal without a size has lines of no characters.
    const child = execa('script', ['-qec', `stty cols 120 rows 40; exec ${quoted}`, '/dev/null'], {
      cwd,
      env: this.env({ SHELL: '/bin/sh', ...env }),
      extendEnv: false,
      reject: false,
      all: true,
    });
    let shown = '';
    child.all.on('data', (chunk: Buffer) => {
      shown += chunk.toString();
      const typed = answer(shown);
      if (typed !== null) child.stdin.write(typed);
    });
    const { exitCode } = await child;
    return { exit: exitCode, shown };
  }

  async manifest(): Promise<Record<string, unknown>> {
    return JSON.parse(await readFile(join(this.bin, '..', '..', 'package.json'), 'utf8'));
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** The first Node on the path that isn't one of this checkout's packages; else this process's. */
function systemNode(): string {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((path) => !path.includes('node_modules'));
  return folders.map((folder) => join(folder, 'node')).find((path) => existsSync(path)) ?? process.execPath;
}
