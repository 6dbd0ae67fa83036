/** A Docker engine of a test's own, which it may kill: in a network namespace, with its own folders and containerd. */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import type { Engine } from '../sandbox/engine.ts';

const run = promisify(execFile);

/** An image that has a shell and `sleep`, and nothing else. */
export const SHELL_IMAGE = 'appflux-test/shell';

/** How long a program may take to start, in milliseconds. */
const WITHIN_MS = 40_000;

export interface PrivateEngine {
  readonly engine: Engine;
  /** Ends it, without containerd. After SIGKILL, containers run on; SIGTERM makes it stop them, unless it has `liveRestore`. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** Starts it again, with the same folders. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts the engine, with `SHELL_IMAGE` in it. Needs root. containerd runs beside it, as where systemd starts both, so
 * containers outlive a killed engine until that starts again, or go on then if it has `liveRestore`.
 */
export async function startPrivateEngine({ liveRestore = false } = {}): Promise<PrivateEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-engine-'));
  const socket = join(folder, 'docker.sock');
  const containerdSocket = join(folder, 'containerd.sock');
  const engine = new Docker({ socketPath: socket });
  const containerd = new Process('containerd', [
    `--root=${join(folder, 'containerd')}`,
    `--state=${join(folder, 'containerd-state')}`,
    `--address=${containerdSocket}`,
  ]);
  // Its bridge and its firewall rules are in a network namespace of its own, apart from those of the machine's engine.
  const dockerd = new Process('unshare', [
    '--net',
    'dockerd',
    `--data-root=${join(folder, 'data')}`,
    `--exec-root=${join(folder, 'exec')}`,
    `--pidfile=${join(folder, 'docker.pid')}`,
    `--host=unix://${socket}`,
    `--containerd=${containerdSocket}`,
    ...(liveRestore ? ['--live-restore'] : []),
  ]);
  const start = async () => {
    await rm(join(folder, 'docker.pid'), { force: true });
    dockerd.start();
    await until(() => engine.ping());
  };
  containerd.start();
  await until(() => access(containerdSocket));
  await start();
  await importShell(engine, folder);
  return {
    engine,
    start,
    end: (signal) => dockerd.end(signal),
    close: async () => {
      await dockerd.end('SIGTERM');
      await containerd.end('SIGTERM');
      await run('sh', ['-c', `grep -o ' ${folder}[^ ]*' /proc/mounts | sort -r | xargs -r umount -l`]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A program that is started, perhaps again, and ended. `unshare` becomes the program that it starts. */
class Process {
  readonly #command: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  constructor(command: string, args: readonly string[]) {
    this.#command = command;
    this.#args = args;
  }

  start() {
    this.#child = spawn(this.#command, this.#args, {
      stdio: 'ignore',
    });
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

/** Waits until something works. */
async function until(works: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + WITHIN_MS;
  for (;;) {
    try {
      await works();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

/** The host's own shell with its libraries, as an image. */
async function importShell(engine: Engine, folder: string): Promise<void> {
  const root = join(folder, 'shell');
  await mkdir(join(root, 'bin'), { recursive: true });
  const programs = ['/bin/sh', '/bin/sleep'];
  const { stdout } = await run('ldd', programs);
  const libraries = [...new Set(stdout.match(/\/\S+\.so\S*/g) ?? [])];
  const tar = join(folder, 'shell.tar');
  await run('tar', ['--dereference', '-cf', tar, ...programs, ...libraries]);
  await engine.importImage(tar, { repo: SHELL_IMAGE, tag: 'latest' });
}
