/** A real runner in a process of its own, registered with an instance and building in the real Docker engine. */
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { PREPARED_LABEL, RUNNER_LABEL } from '../../runner/src/sandbox/container-spec.ts';
import { unmountWithin } from '../../runner/src/sandbox/disk/file-system.ts';
import { connectEngine } from '../../runner/src/sandbox/engine.ts';
import { type Child, signalGroup, startChild } from '../../stack/child.ts';
import { Client, pause } from './client.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CLI = join(ROOT, 'runner', 'src', 'commands', 'cli.ts');

/** How long a build may take to end with its runner, in milliseconds. */
const STOP_GRACE_MS = 30_000;

/**
 * How long it takes at most until a folder is removed whose slot is free, and until a sandbox waits that is being made and
 * looks as if it was left. Milliseconds.
 */
const SETTLED_WITHIN_MS = 10_000;

/** What a runner has on its host for builds. */
export interface Leftovers {
  /** Containers of this runner, running or not. */
  readonly containers: string[];
  /** Folders of attempts, and files of lines that were not delivered. */
  readonly folders: string[];
}

export interface RunnerProcess {
  /** The runner's id at the instance. */
  readonly id: string;
  readonly name: string;
  readonly pid: number;
  /** Its state folder. */
  readonly state: string;
  /**
   * What builds have left behind on the host, once no build is in progress: a runner cleans up after its last
   * message.
   */
  leftovers(): Promise<Leftovers>;
  /** Its log so far. */
  output(): Promise<string>;
  /** SIGTERM; waits for its end and removes its state folder. */
  stop(): Promise<void>;
  /** SIGKILL: it can neither send a message nor remove its containers. The state folder is kept for `start`. */
  kill(): Promise<void>;
  /** Starts it again with the same state, after `kill`, and waits until it is online. */
  start(): Promise<void>;
}

export interface RunnerOptions {
  readonly name?: string;
  readonly labels?: readonly string[];
  readonly slots?: number;
  /** The folder that its own folder is created in; that for temporary files by default. */
  readonly within?: string;
  /** Further settings, as environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Registers a runner and starts it. Resolves when the instance reports it as online. */
export async function startRunner(
  instance: { url: string; token: string },
  options: RunnerOptions = {},
): Promise<RunnerProcess> {
  const { name = 'test-runner', labels = ['linux'], slots = 1 } = options;
  const client = new Client(instance);
  const home = await mkdtemp(join(options.within ?? tmpdir(), 'appflux-runner-'));
  const state = join(home, 'state');
  const logFile = join(home, 'runner.log');
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    APPFLUX_ALLOW_PRIVATE_SOURCES: '1',
    // A host that has ClamAV need not start one for every runner of a test.
    APPFLUX_RUNNER_SCAN: 'off',
    // A picture after each deployment would take time from the tests of other things.
    APPFLUX_RUNNER_PICTURES: 'off',
    // Whatever the disk of the machine that runs the tests.
    APPFLUX_RUNNER_MIN_FREE: '0',
    ...options.env,
  };
  const { token } = await client.api.runners.createToken();
  await execa(
    process.execPath,
    [CLI, 'register', '--state', state, '--url', instance.url, '--name', name, '--labels', labels.join(',')],
    { env: { ...env, APPFLUX_RUNNER_TOKEN: token, APPFLUX_RUNNER_SLOTS: String(slots) }, stdin: 'ignore' },
  );
  const { id } = JSON.parse(await readFile(join(state, 'runner.json'), 'utf8')) as { id: string };

  const spawn = (): Promise<Child> => {
    const args = [CLI, 'start', '--state', state];
    return startChild({ command: process.execPath, args, cwd: ROOT, env, logFile });
  };
  const remove = async () => {
    // A killed runner leaves its build's file system mounted.
    await unmountWithin(home);
    await rm(home, { recursive: true, force: true });
  };
  let child = await spawn();
  try {
    await untilOnline(client, id, child);
  } catch (error) {
    await child.stop(STOP_GRACE_MS);
    await remove();
    throw error;
  }
  return {
    id,
    name,
    state,
    get pid() {
      return child.pid;
    },
    leftovers: async () => {
      await untilIdle(client, id);
      const most = Number(env.APPFLUX_RUNNER_PREPARED ?? 1);
      const deadline = Date.now() + SETTLED_WITHIN_MS;
      for (;;) {
        const found = await leftBy(id, state, most);
        const isNothing = found.containers.length + found.folders.length === 0;
        if (isNothing || Date.now() > deadline) return found;
        await pause(50);
      }
    },
    output: () => readFile(logFile, 'utf8'),
    stop: async () => {
      await child.stop(STOP_GRACE_MS);
      await remove();
    },
    kill: async () => {
      signalGroup(child.pid, 'SIGKILL');
      await child.ended;
    },
    start: async () => {
      child = await spawn();
      await untilOnline(client, id, child);
    },
  };
}

async function untilOnline(client: Client, id: string, child: Child): Promise<void> {
  let ending: string | null = null;
  void child.ended.then((how) => {
    ending = how;
  });
  const deadline = Date.now() + 60_000;
  for (;;) {
    // An instance that is being restarted does not answer for a moment.
    const runners = await client.runners().catch(() => []);
    const runner = runners.find((candidate) => candidate.id === id);
    if (runner?.status === 'online') return;
    if (ending !== null) throw new Error(`the runner ended (${ending}): ${await child.output()}`);
    if (Date.now() > deadline) throw new Error(`the runner did not come online:\n${await child.output()}`);
    await pause(50);
  }
}

async function untilIdle(client: Client, id: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  while ((await client.runners()).some((runner) => runner.id === id && runner.busy > 0)) {
    if (Date.now() > deadline) throw new Error('the runner is still busy after a minute');
    await pause(50);
  }
}

/** What is left of a runner's builds; at most `most` sandboxes that wait for others are nothing of a build. */
async function leftBy(id: string, state: string, most: number): Promise<Leftovers> {
  const filters = { label: [`${RUNNER_LABEL}=${id}`] };
  const all = await connectEngine().listContainers({ all: true, filters });
  const isWaiting = ({ Labels, State }: (typeof all)[number]) =>
    PREPARED_LABEL in Labels && State === 'running';
  const waiting = all.filter(isWaiting).slice(0, most);
  const theirs = waiting.flatMap(({ Mounts }) => Mounts.map(({ Source }) => Source));
  const work = join(state, 'work');
  const folders = (await namesIn(work)).filter(
    (name) => !theirs.some((path) => path.startsWith(`${join(work, name)}/`)),
  );
  return {
    containers: all.filter((container) => !waiting.includes(container)).map(({ Id }) => Id),
    folders: [...folders, ...(await namesIn(join(state, 'spool')))],
  };
}

async function namesIn(folder: string): Promise<string[]> {
  const exists = await access(folder).then(
    () => true,
    // It is created with the first attempt.
    () => false,
  );
  return exists ? readdir(folder) : [];
}
