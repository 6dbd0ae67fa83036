/** The command line as a process of its own, registered at a fake edge, with a state folder that is its alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, vi } from 'vitest';
import { type Entry, fromBuffer, type ZipFile as ReadZip } from 'yauzl';
import { ZipFile } from 'yazl';
import { unmountWithin } from '../sandbox/disk/file-system.ts';
import { connectEngine } from '../sandbox/engine.ts';
import { containersOf } from './docker.ts';
import type { FakeAttempt } from './fake-attempt.ts';
import { FakeEdge } from './fake-edge.ts';
import { sampleGrant, sampleJob } from './sample-job.ts';

const CLI = fileURLToPath(new URL('../commands/cli.ts', import.meta.url));
const FIXTURE = fileURLToPath(new URL('../../fixtures/react-vite', import.meta.url));

export interface CliProcess {
  readonly child: ChildProcess;
  /** Everything that it has printed. */
  output: string;
  /** Its exit code; null when a signal ended it. */
  readonly exit: Promise<number | null>;
}

/** A project whose build prints `started` and then goes on for ever with two children, all of them deaf to TERM. */
export const ENDLESS = {
  'package.json': '{"name":"endless","version":"1.0.0"}',
  'appflux.json': JSON.stringify({
    installCommand: 'true',
    buildCommand:
      "trap '' TERM; (trap '' TERM; sleep 180) & setsid sleep 180 & echo started; while :; do sleep 0.1; done",
    outputs: ['dist'],
  }),
};

/** Whether the build itself has said so: the log also shows its command. */
export const hasStarted = (attempt: FakeAttempt): boolean =>
  attempt.lines.some(({ text }) => text === 'started');

/** What a runner may have left on its host. */
export const NOTHING_LEFT = { containers: [], folders: [] };

/** Whom a runner's process belongs to; its one group is that of the engine's socket. */
export interface CliUser {
  readonly uid: number;
  readonly gid: number;
}

export class CliBench {
  readonly edge: FakeEdge;
  readonly state: string;
  /**
   * Variables of its processes. A host that has ClamAV need not start one for tests of other things, and a sandbox that
   * waits for the next build would look as if the last one had left it.
   */
  readonly env: Record<string, string> = { APPFLUX_RUNNER_SCAN: 'off', APPFLUX_RUNNER_PREPARED: '0' };
  readonly #engine = connectEngine();
  readonly #processes: CliProcess[] = [];
  readonly #user: CliUser | undefined;

  private constructor(edge: FakeEdge, state: string, user: CliUser | undefined) {
    this.edge = edge;
    this.state = state;
    this.#user = user;
  }

  /** A fake edge, and a runner that is registered there but not started; as another user, if one is named. */
  static async open(user?: CliUser): Promise<CliBench> {
    const state = await mkdtemp(join(tmpdir(), 'appflux-cli-'));
    if (user !== undefined) await chown(state, user.uid, user.gid);
    const bench = new CliBench(await FakeEdge.start(), state, user);
    const flags = [
      '--url',
      bench.edge.url.href,
      '--token',
      'registration-token',
      '--name',
      'local-1',
      '--labels',
      'linux',
    ];
    const runner = bench.cli('register', ...flags);
    expect(await runner.exit, runner.output).toBe(0);
    return bench;
  }

  /** Runs a command in this bench's state folder. */
  cli(...args: string[]): CliProcess {
    const child = spawn(process.execPath, [CLI, ...args, '--state', this.state], {
      env: { ...process.env, ...this.env },
      ...this.#user,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exit = once(child, 'exit').then(([code]) => code as number | null);
    const runner: CliProcess = { child, output: '', exit };
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        runner.output += data.toString();
      });
    }
    this.#processes.push(runner);
    return runner;
  }

  /** Starts the runner and waits until it is connected. */
  async start(...flags: string[]): Promise<CliProcess> {
    const hellos = () => this.edge.poolFrames.filter(({ type }) => type === 'hello').length;
    const before = hellos();
    const runner = this.cli('start', ...flags);
    await this.until(
      () => hellos() > before,
      () => runner.output,
    );
    return runner;
  }

  /** Puts a source into the fake edge's storage and hands out a grant for it. */
  async grantFor(
    files: Record<string, string>,
    change: Parameters<typeof sampleGrant>[0] = {},
    job: Parameters<typeof sampleGrant>[1] = {},
  ): Promise<FakeAttempt> {
    const zip = new ZipFile();
    for (const [name, text] of Object.entries(files)) zip.addBuffer(Buffer.from(text), name);
    zip.end();
    const bytes = await buffer(zip.outputStream);
    this.edge.sources.set('source.zip', bytes);
    const source = {
      kind: 'upload' as const,
      url: this.edge.sourceUrl('source.zip'),
      name: 'source.zip',
      size: bytes.length,
      sha256: null,
      rootDirectory: './',
    };
    return this.edge.grant(sampleGrant(change, { ...sampleJob(), ...job, source }));
  }

  /** Waits until something holds; `what` says how things stand if it does not come to that. */
  until(holds: () => boolean | Promise<boolean>, what: () => string): Promise<void> {
    return vi.waitFor(
      async () => {
        if (!(await holds())) throw new Error(what());
      },
      { timeout: 60_000, interval: 20 },
    );
  }

  /** Containers and folders that are there now. */
  async leftovers() {
    return {
      containers: await containersOf(this.#engine, this.edge.runnerId),
      // The folder of all work is made with the first attempt.
      folders: await readdir(join(this.state, 'work')).catch(() => []),
    };
  }

  /** Ends every process that is still running, as a person would. */
  async endAll(): Promise<void> {
    for (const { child, exit } of this.#processes.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      await exit;
    }
  }

  /** Ends everything; nothing may be left, and everything has to have been understood. */
  async closeTidy(): Promise<void> {
    await this.endAll();
    expect(this.edge.misunderstood).toEqual([]);
    expect(await this.leftovers()).toEqual(NOTHING_LEFT);
    await this.close();
  }

  async close(): Promise<void> {
    await this.endAll();
    await this.edge.close();
    // A runner that was killed leaves its build's file system mounted.
    await unmountWithin(this.state);
    await rm(this.state, { recursive: true });
  }
}

/** The files of the React project by their names. */
export async function fixtureFiles(): Promise<Record<string, string>> {
  const entries = await readdir(FIXTURE, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Object.fromEntries(
    await Promise.all(
      files.map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(FIXTURE.length + 1), await readFile(path, 'utf8')] as const;
      }),
    ),
  );
}

/** The names in a ZIP. */
export async function namesInZip(bytes: Buffer): Promise<string[]> {
  const names: string[] = [];
  const zip = await new Promise<ReadZip>((resolve, reject) =>
    fromBuffer(bytes, { lazyEntries: false }, (error, file) => (error ? reject(error) : resolve(file))),
  );
  zip.on('entry', (entry: Entry) => names.push(entry.fileName));
  await once(zip, 'end');
  return names;
}
