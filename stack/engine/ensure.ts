/** Makes sure that a Docker engine answers: finds one, or installs and starts it where possible. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type Dockerode from 'dockerode';
import { execa } from 'execa';
import { firstExisting, installPackages } from '../debian.ts';
import { lastLines, StackProblem } from '../problem.ts';
import { during, type Progress, type Task } from '../progress.ts';
import { type Daemon, startDaemon } from './daemon.ts';
import { type EnginePlan, isDebianLike, type Machine, mayStopEngine, planEngine } from './decide.ts';
import { clientFor, type EngineAddress, findEngine } from './find.ts';

/** Packages that the engine needs but docker.io only recommends. */
const ENGINE_PACKAGES = ['docker.io', 'iptables', 'ca-certificates'];

export interface ReadyEngine {
  readonly engine: Dockerode;
  readonly address: EngineAddress;
  /** Whether this process started it. */
  readonly isOurs: boolean;
  /** Ends the engine if this process started it and nobody else's container runs in it. */
  release(): Promise<void>;
}

/**
 * The engine to use.
 * @throws StackProblem `engine_missing`, `engine_denied`, `engine_failed` or `package_missing`
 */
export async function ensureEngine(options: {
  env: NodeJS.ProcessEnv;
  /** The state folder, for the log of an engine that is started here. */
  state: string;
  progress: Progress;
  /** Aborts when the engine is no longer needed: one that is being started then ends. */
  signal?: AbortSignal;
}): Promise<ReadyEngine> {
  const search = await findEngine(options.env);
  if (search.found) return notOurs(search.engine, search.address);
  const plan = planEngine(search, await thisMachine());
  if (plan.action === 'refuse') throw new StackProblem(plan.code, plan.message, plan.advice);
  const title = plan.install ? 'Installing and starting a Docker engine' : 'Starting the Docker engine';
  return during(options.progress, title, (task) => carryOut(plan, options, task));
}

async function carryOut(
  plan: Extract<EnginePlan, { action: 'start' }>,
  { env, state, signal }: { env: NodeJS.ProcessEnv; state: string; signal?: AbortSignal },
  task: Task,
): Promise<ReadyEngine> {
  if (plan.install) await installPackages(ENGINE_PACKAGES, task, signal);
  task.detail('waiting for it to answer');
  if (plan.by === 'systemd') {
    const result = await execa('systemctl', ['start', 'docker'], {
      stdin: 'ignore',
      all: true,
      reject: false,
    });
    if (result.failed) {
      throw new StackProblem(
        'engine_failed',
        `systemd could not start Docker (${lastLines(result.all)})`,
        'run "journalctl -u docker" to see why',
      );
    }
  }
  // Installing the package may already have started it.
  const search = await findEngine(env);
  if (search.found) return notOurs(search.engine, search.address);
  if (plan.by === 'systemd') {
    throw new StackProblem(
      'engine_failed',
      `Docker was started but does not answer (${search.reason})`,
      'run "journalctl -u docker" to see why',
    );
  }
  return ours(await startDaemon(state, signal));
}

function notOurs(engine: Dockerode, address: EngineAddress): ReadyEngine {
  return { engine, address, isOurs: false, release: async () => undefined };
}

function ours(daemon: Daemon): ReadyEngine {
  const engine = clientFor(daemon.address);
  const release = async () => {
    if (mayStopEngine(await engine.listContainers())) await daemon.stop();
  };
  return { engine, address: daemon.address, isOurs: true, release };
}

/** The facts of this machine that decide how it gets an engine. */
export async function thisMachine(): Promise<Machine> {
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => {
    // No such file: an unknown system, which the empty text stands for.
    return '';
  });
  const unit = firstExisting(
    '/etc/systemd/system/docker.service',
    '/lib/systemd/system/docker.service',
    '/usr/lib/systemd/system/docker.service',
  );
  return {
    platform: process.platform,
    root: process.getuid?.() === 0,
    debian: isDebianLike(osRelease),
    systemd: existsSync('/run/systemd/system'),
    unit: unit !== null,
    dockerd: firstExisting('/usr/bin/dockerd', '/usr/sbin/dockerd', '/usr/local/bin/dockerd') !== null,
  };
}
