/** One process of a runner, in the version that its folder has. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { CheckIn, type CheckInTiming, type Proof } from './check-in.ts';
import { LAUNCHED_VARIABLE, RunnerReport } from './messages.ts';
import type { Version } from './version-record.ts';

/** After SIGTERM, a version that failed has so long until it is killed. Milliseconds. */
const GRACE_MS = 30_000;

export interface ProcessOptions {
  /** The package's folder. */
  readonly folder: string;
  /** That of the installation, to which variables may refer. */
  readonly installedFolder: string;
  /** The command line after the program. */
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly timing: CheckInTiming;
  readonly onBad: (version: Version, reason: string) => void;
}

/** How a process ended. */
export interface Ended {
  /** As a shell gives it: 128 more than the signal's number, if a signal ended it. */
  readonly exitCode: number;
  /** The version that it has made ready to replace it. */
  readonly ready: Version | null;
}

export class LaunchedProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  readonly #checkIn: CheckIn;

  constructor({ folder, installedFolder, args, env, timing, onBad }: ProcessOptions) {
    this.#checkIn = new CheckIn(timing);
    this.#child = spawn(nodeOf(folder), [programOf(folder), ...args], {
      env: { ...moved(env, installedFolder, folder), [LAUNCHED_VARIABLE]: '1' },
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      // A terminal sends Ctrl-C to a whole group, and this process passes it on.
      detached: true,
    });
    let ready: Version | null = null;
    this.#child.on('message', (message) => {
      const report = RunnerReport.safeParse(message);
      // A newer version may have more to say.
      if (!report.success) return;
      const { type, ...facts } = report.data;
      if (type === 'pool' && 'connected' in facts) this.#checkIn.pool(facts.connected);
      if (type === 'ready' && 'sha256' in facts) ready = { version: facts.version, sha256: facts.sha256 };
      if (type === 'bad' && 'reason' in facts) onBad(facts, facts.reason);
    });
    this.ended = new Promise((resolve) => {
      const end = (exitCode: number) => {
        this.#checkIn.ended();
        resolve({ exitCode, ready: exitCode === 0 ? ready : null });
      };
      this.#child.once('error', () => end(127));
      this.#child.once('exit', (code, signal) => end(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
    });
  }

  /** Whether it has reached its pool and stayed there. */
  get proof(): Promise<Proof> {
    return this.#checkIn.decided;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it for its replacement: builds that it has begun return to the queue. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS);
    await this.ended;
    clearTimeout(timer);
  }
}

/** The Node that a package brings along, if it has one for this machine. */
function nodeOf(folder: string): string {
  const own = join(folder, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  return existsSync(own) ? own : process.execPath;
}

const programOf = (folder: string) => join(folder, 'runner', 'src', 'commands', 'cli.ts');

/** Variables in which the installation's folder is replaced by another: the command for images is that of the same version. */
function moved(env: NodeJS.ProcessEnv, from: string, to: string): NodeJS.ProcessEnv {
  const { APPFLUX_RUNNER_IMAGE_COMMAND: command } = env;
  if (command === undefined || from === to) return env;
  return { ...env, APPFLUX_RUNNER_IMAGE_COMMAND: command.replaceAll(`${from}/`, `${to}/`) };
}
