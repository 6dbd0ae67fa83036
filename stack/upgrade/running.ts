/** How an instance runs on this machine: as services, in a process, or not at all. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { execa } from 'execa';
import { environmentOfOwn } from '../npm.ts';
import { lastLines, StackProblem } from '../problem.ts';
import { ENVIRONMENT_FILE, INSTANCE_STATE, INSTANCE_UNIT, RUNNER_UNIT } from '../service/units.ts';
import { stateFolder } from '../settings.ts';
import { isLocked, statePaths } from '../state.ts';
import { lockOwner } from './lock-owner.ts';

/** A runner removes its containers before it ends, and the control plane ends after it. Milliseconds. */
const STOPS_WITHIN_MS = 120_000;

export interface Running {
  /** What stops and starts, for people. */
  readonly name: string;
  /** Absolute. */
  readonly state: string;
  /** The variables that it was started with, or would be. */
  readonly env: NodeJS.ProcessEnv;
  readonly isService: boolean;
  /** Whether it ran when it was found. */
  readonly ran: boolean;
  /** The user that the state belongs to, for programs that write there. */
  readonly user: { readonly uid?: number; readonly gid?: number };
  stop(): Promise<void>;
  /** Starts the version that is checked out now. Resolves before it is ready. */
  start(): Promise<void>;
}

const UNITS = '/etc/systemd/system';

/** Finds the instance of a checkout. @throws StackProblem `upgrade_refused` */
export async function findRunning(root: string, env: NodeJS.ProcessEnv): Promise<Running> {
  return (await serviceOf(root)) ?? processOf(root, env);
}

/** The services, if their units run this checkout. */
async function serviceOf(root: string): Promise<Running | null> {
  const unit = join(UNITS, INSTANCE_UNIT);
  if (!existsSync('/run/systemd/system') || !existsSync(unit)) return null;
  if (!(await readFile(unit, 'utf8')).split('\n').includes(`WorkingDirectory=${root}`)) return null;
  if (process.getuid?.() !== 0) {
    throw new StackProblem(
      'upgrade_refused',
      'Only root can upgrade an instance that runs as a service',
      'run this with sudo',
    );
  }
  const units = [RUNNER_UNIT, INSTANCE_UNIT].filter((name) => existsSync(join(UNITS, name)));
  const state = INSTANCE_STATE;
  const active = await execa('systemctl', ['is-active', '--quiet', INSTANCE_UNIT], { reject: false });
  return {
    isService: true,
    name: `the services ${units.join(' and ')}`,
    state,
    env: {
      PATH: process.env.PATH,
      ...parseEnv(await readFile(ENVIRONMENT_FILE, 'utf8')),
      APPFLUX_STATE: state,
    },
    ran: !active.failed,
    user: await ownerOf(state),
    stop: async () => {
      await run('systemctl', ['stop', ...units], root);
      await untilUnlocked(state);
    },
    // The version decides what its units are.
    start: () => run(process.execPath, [join(root, 'stack', 'bootstrap.mjs'), 'service', 'install'], root),
  };
}

async function processOf(root: string, own: NodeJS.ProcessEnv): Promise<Running> {
  const state = stateFolder(own, root);
  const locked = await isLocked(state);
  const owner = locked ? await lockOwner(state) : null;
  const started = owner?.words.some((word) => word.endsWith('stack/start.ts')) ?? false;
  if (locked && (owner === null || !started)) {
    throw new StackProblem(
      'upgrade_refused',
      `The state folder ${state} is used by ${owner === null ? "another user's process" : `process ${owner.pid}`}`,
      'upgrade as the user that runs the instance, and when no other command works on it',
    );
  }
  if (started && !owner?.words.includes(join(root, 'stack', 'start.ts'))) {
    throw new StackProblem(
      'upgrade_refused',
      `The instance of ${state} runs from another checkout than ${root}`,
      'run this in the checkout that it runs from',
    );
  }
  // root would start it as root, and leave files that its own user can't write.
  if (existsSync(state) && (await ownerOf(state)).uid !== undefined) {
    throw new StackProblem(
      'upgrade_refused',
      `The state folder ${state} belongs to another user`,
      'upgrade as the user that runs the instance',
    );
  }
  const env = { ...environmentOf(owner?.env ?? own), APPFLUX_STATE: state };
  let pid = owner?.pid ?? null;
  return {
    isService: false,
    name: pid === null ? 'no process' : `process ${pid}`,
    state,
    env,
    ran: pid !== null,
    user: {},
    stop: async () => {
      if (pid !== null) signal(pid);
      pid = null;
      await untilUnlocked(state);
    },
    start: async () => {
      pid = await startDetached(root, state, env);
    },
  };
}

/** The variables of a process without those that npm has given it. */
const environmentOf = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(environmentOfOwn(env)).filter(([name]) => !/^(?:npm_|NODE_CHANNEL_)/.test(name)),
  );

/** The user that a folder belongs to, if this is root and the folder is not root's. */
async function ownerOf(state: string): Promise<Running['user']> {
  const { uid, gid } = await stat(state);
  return process.getuid?.() === 0 && uid !== 0 ? { uid, gid } : {};
}

function signal(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    // ESRCH: it has ended by itself.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function untilUnlocked(state: string): Promise<void> {
  const deadline = performance.now() + STOPS_WITHIN_MS;
  while (await isLocked(state)) {
    if (performance.now() > deadline) {
      throw new StackProblem(
        'upgrade_failed',
        `The instance did not stop within ${STOPS_WITHIN_MS / 1000} s`,
        `see the log files in ${statePaths(state).logs}`,
      );
    }
    await sleep(100);
  }
}

/** The log of an instance that an upgrade has started in the background. */
export const startLog = (state: string): string => join(statePaths(state).logs, 'start.log');

/** Starts `npm start` in the background. Returns its process ID. */
async function startDetached(root: string, state: string, env: NodeJS.ProcessEnv): Promise<number> {
  const { logs } = statePaths(state);
  await mkdir(logs, { recursive: true, mode: 0o700 });
  // Only its user may read it: it has the sign-in link.
  const log = await open(startLog(state), 'a', 0o600);
  // Not the bootstrap, which would only pass signals on: packages are installed already.
  const child = spawn(process.execPath, [join(root, 'stack', 'start.ts')], {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => resolve(child.pid ?? 0));
  });
  await log.close();
  child.unref();
  return pid;
}

/** @throws StackProblem `upgrade_failed` with the end of the program's output */
async function run(program: string, args: readonly string[], cwd: string): Promise<void> {
  const { failed, all } = await execa(program, args, { cwd, stdin: 'ignore', all: true, reject: false });
  if (!failed) return;
  throw new StackProblem(
    'upgrade_failed',
    `"${[program, ...args].join(' ')}" failed (${lastLines(all)})`,
    'run it to see why',
  );
}
