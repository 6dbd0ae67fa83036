/** Builds as the pipeline does, in the real engine, with a host and folders of the test's own. */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ManagerVersion } from '@appflux/detection';
import type { LogLine, Plan } from '@appflux/protocol';
import { execa } from 'execa';
import type { RawSettings } from '../config/read-settings.ts';
import type { BuildHost } from '../container-executor/build-input.ts';
import { containerExecutor } from '../container-executor/index.ts';
import { AttemptLog } from '../log/attempt-log.ts';
import { maskWith } from '../masking/mask.ts';
import { Secrets } from '../masking/secrets.ts';
import { makeAttemptFolder } from '../sandbox/attempt-folder.ts';
import { unmountWithin } from '../sandbox/disk/file-system.ts';
import type { Engine } from '../sandbox/engine.ts';
import type { NamespaceLender } from '../sandbox/start-alone.ts';
import { JobFailure, type Skip, type UsedImage } from '../step-context.ts';
import { containersOf, testHost, WEB_IMAGE } from './docker.ts';
import { sampleJob } from './sample-job.ts';

/** A plan that runs nothing, with some of it changed. */
export const plan = (change: Partial<Plan> = {}): Plan => ({
  type: 'web',
  framework: null,
  packageManager: null,
  image: WEB_IMAGE,
  node: null,
  installCommand: null,
  buildCommand: null,
  outputs: ['dist'],
  reasons: [],
  ...change,
});

export interface BuildRun {
  readonly plan: Plan;
  readonly managerVersion?: ManagerVersion;
  readonly ignoreCommand?: string;
  readonly variables?: Record<string, string>;
  readonly settings?: RawSettings;
  readonly limits?: Partial<ReturnType<typeof sampleJob>['limits']>;
  /** Gives the source tree a file system of its own, as a real attempt has where that is possible. */
  readonly ownDisk?: boolean;
  /** Runs the commands in a container that waited for them. */
  readonly prepared?: boolean;
  /** Where its container gets its network namespace; the engine makes it by default. */
  readonly namespaces?: NamespaceLender;
  /** Whether the source is a repository whose history is cut off. */
  readonly isShallow?: boolean;
  /** Fills the source folder. */
  readonly files?: (folder: string) => Promise<void>;
  readonly onLine?: (text: string, stop: AbortController, of: { host: BuildHost; root: string }) => void;
}

const REMOVED_WITHIN_MS = 30_000;

export class BuildBench {
  readonly #engine: Engine;
  readonly #hosts: Awaited<ReturnType<typeof testHost>>[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Builds; gives the log, the failure, how long it took from making sure of the image to the build's end (in
   * milliseconds), and the source folder. No container may be left.
   */
  async run(input: BuildRun) {
    const settings = { ...input.settings, ...(input.prepared && { prepared: 1 }) };
    const host = await testHost(this.#engine, settings, input.namespaces);
    this.#hosts.push(host);
    const job = sampleJob({ variables: input.variables ?? {} });
    const limits = { ...job.limits, ...input.limits };
    const { image: name } = input.plan;
    if (input.prepared) {
      const { Id: imageId } = await this.#engine.getImage(name).inspect();
      await host.prepared.prepare({ image: name, imageId, limits });
    }
    const executor = containerExecutor(host);
    const folder = executor.folder({ job, attempt: 1, limits });
    const sandbox = host.prepared.in(folder);
    const attempt = executor.attempt({ job, folder, journal: host.journal });
    const disk = {
      bytes: limits.diskBytes,
      onError: (error: unknown) => {
        throw error;
      },
    };
    if (input.ownDisk || input.prepared) await attempt.makeFolder(disk);
    else await makeAttemptFolder(folder);
    const root = folder.workspace.source;
    await input.files?.(root);
    await execa('chown', ['-R', '10001:10001', root]);
    const lines: Omit<LogLine, 'seq'>[] = [];
    const stop = new AbortController();
    const secrets = new Secrets(Object.values(job.variables));
    const write = (line: Omit<LogLine, 'seq'>) => {
      lines.push(line);
      input.onLine?.(line.text, stop, { host, root });
      return lines.length;
    };
    const log = new AttemptLog({ write, ready: async () => undefined }, maskWith(secrets), 1e6);
    const { isShallow = false } = input;
    const source = { commitHash: null, commitMessage: null, branch: null, root, isShallow };
    let skip: Skip | undefined;
    let image: UsedImage | undefined;
    const ignoreCommand = input.ignoreCommand ?? null;
    const startedAt = performance.now();
    const thrown: unknown = await attempt
      .build(
        {
          job,
          attempt: 1,
          plan: input.plan,
          managerVersion: input.managerVersion ?? null,
          ignoreCommand,
          source,
          folder,
          limits,
          secrets,
          log,
          onImage: (used) => {
            image = used;
          },
        },
        { log: (text, stream) => log.write(text, stream), signal: stop.signal },
      )
      .then(
        (result) => {
          skip = result;
          return null;
        },
        (error: unknown) => error,
      );
    const tookMs = performance.now() - startedAt;
    await host.prepared.close();
    if (input.prepared && !sandbox?.given)
      throw new Error(`the sandbox was not used: ${host.lines.join('\n')}`);
    await this.#untilNoneIsLeft(host.runnerId);
    const text = lines.map((line) => line.text).join('\n');
    const output = lines.filter(({ stream }) => stream === 'stdout').map((line) => line.text);
    const failure = thrown instanceof JobFailure ? `${thrown.code}: ${thrown.message}` : thrown;
    const skipped = skip && { reason: String(skip.reason) };
    return {
      text,
      lines,
      output,
      startedAt,
      tookMs,
      failure,
      skip: skipped,
      image,
      root,
      folder,
      host,
      stop,
    };
  }

  /** A container is removed behind its build. */
  async #untilNoneIsLeft(runnerId: string): Promise<void> {
    const deadline = performance.now() + REMOVED_WITHIN_MS;
    for (;;) {
      const left = await containersOf(this.#engine, runnerId);
      if (left.length === 0) return;
      if (performance.now() > deadline)
        throw new Error(`the build has left containers behind: ${left.join()}`);
      await sleep(20);
    }
  }

  /** Removes what the builds have written. */
  async close(): Promise<void> {
    for (const { settings } of this.#hosts.splice(0)) {
      await unmountWithin(settings.state);
      await rm(settings.state, { recursive: true, force: true });
    }
  }
}
