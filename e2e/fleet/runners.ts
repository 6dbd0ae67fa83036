/** Many real runners on one machine, each a process of its own that joins with the same reusable registration token. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Runner } from '@appflux/protocol';
import { unmountWithin } from '../../runner/src/sandbox/disk/file-system.ts';
import { type Child, type Ending, signalGroup, startChild } from '../../stack/child.ts';
import { type Client, pause } from '../instance/client.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const CLI = join(ROOT, 'runner', 'src', 'commands', 'cli.ts');

/** How long runners may take to come online or to end, in milliseconds. */
const PATIENCE_MS = 240_000;

/** An attempt, as a runner's own log names it: `deployment/attempt`. */
export type AttemptName = string;

export interface FleetRunner {
  readonly name: string;
  readonly child: Child;
  /** Its state folder. */
  readonly state: string;
  /** Its log of all its processes. */
  output(): Promise<string>;
  /** The attempts that it has begun, in order. */
  begun(): Promise<AttemptName[]>;
  /** Folders of attempts that are on its disk, and files of lines that were not delivered. */
  leftovers(): Promise<string[]>;
}

export interface FleetOptions {
  readonly names: readonly string[];
  /** Names of those that end after one build. */
  readonly ephemeral?: readonly string[];
  /** Further settings of all, as environment variables. */
  readonly env?: Readonly<Record<string, string>>;
}

export class Fleet {
  readonly #client: Client;
  readonly #home: string;
  readonly #token: string;
  readonly #runners = new Map<string, FleetRunner>();

  private constructor(client: Client, home: string, token: string) {
    this.#client = client;
    this.#home = home;
    this.#token = token;
  }

  /** Starts all runners. Resolves when the instance reports each as online. */
  static async start(client: Client, { names, ephemeral = [], env = {} }: FleetOptions): Promise<Fleet> {
    const home = await mkdtemp(join(tmpdir(), 'appflux-fleet-'));
    const { token } = await client.api.runners.createToken({ reusable: true, name: 'fleet' });
    const fleet = new Fleet(client, home, token);
    try {
      await Promise.all(
        names.map((name) =>
          fleet.launch(name, ephemeral.includes(name) ? { ...env, APPFLUX_RUNNER_EPHEMERAL: '1' } : env),
        ),
      );
      await fleet.untilListed(
        (runners) => runners.filter(({ status }) => status === 'online').length === names.length,
      );
    } catch (error) {
      await fleet.stop();
      throw error;
    }
    return fleet;
  }

  get runners(): readonly FleetRunner[] {
    return [...this.#runners.values()];
  }

  /** The runner of this name. */
  of(name: string): FleetRunner {
    const runner = this.#runners.get(name);
    if (runner === undefined) throw new Error(`the fleet has no runner ${name}`);
    return runner;
  }

  /** Starts a process for a runner: the first one registers, later ones use what it has left in its state folder. */
  async launch(name: string, more: Readonly<Record<string, string>> = {}): Promise<void> {
    const folder = join(this.#home, name);
    const state = join(folder, 'state');
    const logFile = join(folder, 'runner.log');
    const child = await startChild({
      command: process.execPath,
      args: [CLI, 'start', '--state', state],
      cwd: ROOT,
      env: {
        ...process.env,
        APPFLUX_RUNNER_URL: this.#client.url,
        APPFLUX_RUNNER_TOKEN: this.#token,
        APPFLUX_RUNNER_NAME: name,
        APPFLUX_RUNNER_LABELS: 'fleet',
        APPFLUX_ALLOW_PRIVATE_SOURCES: '1',
        APPFLUX_RUNNER_SCAN: 'off',
        APPFLUX_RUNNER_PICTURES: 'off',
        APPFLUX_RUNNER_MIN_FREE: '0',
        // Twenty of them would take the processors from the builds.
        APPFLUX_RUNNER_PREPARED: '0',
        ...more,
      },
      logFile,
    });
    const output = () => readFile(logFile, 'utf8');
    this.#runners.set(name, {
      name,
      child,
      state,
      output,
      begun: async () =>
        Array.from(
          (await output()).matchAll(/ Attempt started deploymentId=(\S+) attempt=(\d+)/g),
          ([, deployment, attempt]) => `${deployment}/${attempt}`,
        ),
      leftovers: async () => [
        ...(await namesIn(join(state, 'work'))),
        ...(await namesIn(join(state, 'spool'))),
      ],
    });
  }

  /** SIGKILL: it can neither say goodbye nor remove its containers. */
  async kill(name: string): Promise<void> {
    const { child } = this.of(name);
    signalGroup(child.pid, 'SIGKILL');
    await child.ended;
  }

  /** Waits for the end of a process that ends by itself. */
  async ended(name: string): Promise<Ending> {
    const { child, output } = this.of(name);
    const late = pause(PATIENCE_MS).then(async () => {
      throw new Error(`${name} does not end:\n${await output()}`);
    });
    return Promise.race([child.ended, late]);
  }

  /** Waits until the instance lists the runners in a way that satisfies a condition. */
  async untilListed(what: (runners: Runner[]) => boolean): Promise<Runner[]> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const runners = await this.#client.runners();
      if (what(runners)) return runners;
      if (Date.now() > deadline) {
        const listed = runners.map(({ name, status, busy }) => `${name} ${status} ${busy}`).join(', ');
        const logs = await Promise.all(this.runners.map(({ output }) => output()));
        throw new Error(`not reached: ${listed}\n${logs.join('\n')}`);
      }
      await pause(100);
    }
  }

  /** SIGTERM to all that are running; removes their folders. */
  async stop(): Promise<void> {
    await Promise.all(this.runners.map(({ child }) => child.stop(PATIENCE_MS)));
    // A killed runner leaves its build's file system mounted.
    await unmountWithin(this.#home);
    await rm(this.#home, { recursive: true, force: true });
  }
}

/** The names in a folder that is created with the first attempt. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
