/** Builds as the pipeline does, in the real engine, with a host and folders of the test's own. */
import { rm } from 'node:fs/promises';
import type { ManagerVersion } from '@appflux/detection';
import type { LogLine, Plan } from '@appflux/protocol';
import { execa } from 'execa';
import type { RawSettings } from '../config/read-settings.ts';
import { containerExecutor } from '../container-executor/index.ts';
import { AttemptLog } from '../log/attempt-log.ts';
import { maskWith } from '../masking/mask.ts';
import { Secrets } from '../masking/secrets.ts';
import { attemptFolder, makeAttemptFolder } from '../sandbox/attempt-folder.ts';
import { unmountWithin } from '../sandbox/disk/file-system.ts';
import type { Engine } from '../sandbox/engine.ts';
import { JobFailure, type Skip, type UsedImage } from '../step-context.ts';
import { containersOf, testHost, WEB_IMAGE } from './docker.ts';
import { SAMPLE_ID, sampleJob } from './sample-job.ts';

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
  /** Whether the source is a repository whose history is cut off. */
  readonly isShallow?: boolean;
  /** Fills the source folder. */
  readonly files?: (folder: string) => Promise<void>;
  readonly onLine?: (text: string, stop: AbortController) => void;
}

export class BuildBench {
  readonly #engine: Engine;
  readonly #hosts: Awaited<ReturnType<typeof testHost>>[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /**
   * Builds; gives the log, the failure, how long it took from making sure of the image to the container's removal (in
   * milliseconds), and the source folder. No container may be left.
   */
  async run(input: BuildRun) {
    const host = await testHost(this.#engine, input.settings);
    this.#hosts.push(host);
    const job = sampleJob({ variables: input.variables ?? {} });
    const limits = { ...job.limits, ...input.limits };
    const folder = attemptFolder(host.settings.state, SAMPLE_ID, 1);
    const disk = {
      bytes: limits.diskBytes,
      onError: (error: unknown) => {
        throw error;
      },
    };
    await makeAttemptFolder(folder, input.ownDisk ? disk : undefined);
    const root = folder.workspace.source;
    await input.files?.(root);
    await execa('chown', ['-R', '10001:10001', root]);
    const lines: Omit<LogLine, 'seq'>[] = [];
    const stop = new AbortController();
    const secrets = new Secrets(Object.values(job.variables));
    const write = (line: Omit<LogLine, 'seq'>) => {
      lines.push(line);
      input.onLine?.(line.text, stop);
      return lines.length;
    };
    const log = new AttemptLog({ write, ready: async () => undefined }, maskWith(secrets), 1e6);
    const { isShallow = false } = input;
    const source = { commitHash: null, commitMessage: null, branch: null, root, isShallow };
    const attempt = containerExecutor(host).attempt({ job, folder, journal: host.journal });
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
    const left = await containersOf(this.#engine, host.runnerId);
    if (left.length > 0) throw new Error(`the build has left containers behind: ${left.join()}`);
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

  /** Removes what the builds have written. */
  async close(): Promise<void> {
    for (const { settings } of this.#hosts.splice(0)) {
      await unmountWithin(settings.state);
      await rm(settings.state, { recursive: true, force: true });
    }
  }
}
