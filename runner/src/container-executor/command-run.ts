/** Runs a build's commands in a container, follows its output, and decides how the build ended. */

import { randomBytes } from 'node:crypto';
import { relative } from 'node:path';
import { StageLog } from '../job/stage-log.ts';
import { own } from '../masking/sentence.ts';
import { type ContainerInput, containerSpec, hasOwnKernel, WORKSPACE } from '../sandbox/container-spec.ts';
import { ownFileSystemFull } from '../sandbox/disk-watch.ts';
import { engineMessage } from '../sandbox/engine.ts';
import type { BuildStage, Mark } from '../sandbox/marks.ts';
import { maxOpenFiles } from '../sandbox/open-files.ts';
import { OutputReader } from '../sandbox/output.ts';
import type { PreparedSandbox } from '../sandbox/prepared/prepared-sandbox.ts';
import { handover } from '../sandbox/prepared/waiting-program.ts';
import { type ContainerEnd, type ContainerRun, runContainer, runWaiting } from '../sandbox/run-container.ts';
import { verdict } from '../sandbox/verdict.ts';
import { guardFor } from '../sandbox/vsock.ts';
import type { WaitingContainer } from '../sandbox/waiting-container.ts';
import type { JobFailure, Skip, StepContext } from '../step-context.ts';
import type { CommandRunInput } from './build-input.ts';
import { containerInput } from './container-input.ts';
import { engineFailure } from './engine-failure.ts';

type OutputName = 'stdout' | 'stderr';

export class CommandRun {
  readonly #input: CommandRunInput;
  readonly #ctx: StepContext;
  /** Begins the lines by which the image's entry reports its stages; no other line can begin with it. */
  readonly #nonce = randomBytes(16).toString('hex');
  readonly #stages: StageLog;
  readonly #readers: Readonly<Record<OutputName, OutputReader>>;
  /** The stages in which the kernel killed a process at the memory limit. */
  readonly #memoryKills = new Set<BuildStage | null>();

  constructor(input: CommandRunInput, ctx: StepContext) {
    this.#input = input;
    this.#ctx = ctx;
    this.#stages = new StageLog(input.commands, input.source, ctx);
    this.#readers = { stdout: this.#reader('stdout'), stderr: this.#reader('stderr') };
  }

  /** As ContainerBuild.run. */
  async run(): Promise<Skip | undefined> {
    const { host, folder, job, plan, imageId, limits } = this.#input;
    const container = await this.#containerInput();
    host.prepared.running(folder, job.app.id, { image: plan.image, imageId, limits });
    const ended = await this.#runToEnd(container);
    if (ended.oomKilled && ended.exitCode === 0) {
      this.#ctx.log(own('A process of the build was killed at the memory limit, but the build succeeded.'));
    }
    const failure = await this.#failureOf(ended);
    if (failure !== null) throw failure;
    return this.#stages.skip();
  }

  #reader(stream: OutputName): OutputReader {
    const { secrets, log } = this.#input;
    return new OutputReader({
      nonce: this.#nonce,
      secrets,
      line: (text) => log.writeMasked(text, stream),
      mark: (mark) => this.#takeMark(mark),
    });
  }

  /** Unfinished lines of the other stream then belong to the stage that ends here. */
  #takeMark(mark: Mark): void {
    this.#stages.take(mark);
    this.#input.cache.take(mark);
  }

  async #containerInput(): Promise<ContainerInput> {
    const { host, imageId } = this.#input;
    return containerInput({
      ...this.#input,
      nonce: this.#nonce,
      openFiles: await maxOpenFiles(host.engine, host.runnerId, imageId),
      guard: await guardFor(host.engine, host.settings.runtime),
    });
  }

  /** Runs the container, and once without the cache if the engine cannot mount it. */
  async #runToEnd(container: ContainerInput): Promise<ContainerEnd> {
    const { host, signal } = this.#input;
    try {
      return (
        (await this.#runPrepared(container)) ??
        (await this.#runOnce(container).catch((error: unknown) => this.#runWithoutCache(container, error)))
      );
    } catch (error) {
      throw signal.aborted ? signal.reason : engineFailure(error, host.journal);
    } finally {
      this.#readers.stdout.end();
      this.#readers.stderr.end();
      this.#stages.close(signal.reason);
    }
  }

  #runWithoutCache(container: ContainerInput, error: unknown): Promise<ContainerEnd> {
    const { cache, signal, surroundings } = this.#input;
    const started = this.#stages.current !== null;
    const mounts = signal.aborted || started ? null : cache.instead(surroundings.mounts, error, this.#ctx);
    if (mounts === null) throw error;
    return this.#runOnce({ ...container, mounts });
  }

  /** Runs the commands in the container that waits for them; null if there is none that is fit. */
  async #runPrepared(container: ContainerInput): Promise<ContainerEnd | null> {
    const { host, sandbox } = this.#input;
    if (sandbox === null) return null;
    const waiting = await this.#waiting(sandbox, container);
    if (waiting === null) return null;
    try {
      const text = handover(container.workingDir, container.environment);
      return await runWaiting(host.engine, waiting, text, this.#containerRun());
    } finally {
      await sandbox.unmount();
    }
  }

  async #waiting(
    sandbox: PreparedSandbox,
    { mounts = [] }: ContainerInput,
  ): Promise<WaitingContainer | null> {
    const { host, imageId } = this.#input;
    try {
      const waiting = await sandbox.give(imageId, mounts);
      if (waiting !== null) return waiting;
    } catch (error) {
      host.journal.warn('A build runs without its prepared sandbox', { error: engineMessage(error) });
    }
    // It is removed with the attempt's folder in any case; until then it would take memory.
    sandbox.removeContainer().catch((error: unknown) => {
      host.journal.warn('A prepared sandbox that no build uses could not be removed yet', {
        error: engineMessage(error),
      });
    });
    return null;
  }

  #runOnce(container: ContainerInput): Promise<ContainerEnd> {
    const { host, folder } = this.#input;
    return runContainer(host.engine, {
      spec: containerSpec(container),
      namespaces: host.namespaces && { lender: host.namespaces, folder: folder.top },
      ...this.#containerRun(),
    });
  }

  #containerRun(): ContainerRun {
    const { host, log, cache, signal, onRemoval } = this.#input;
    return {
      onRemoval,
      output: ({ stream, bytes }) => this.#readers[stream].push(bytes),
      ready: () => log.ready(),
      signal,
      onMemoryKill: () => this.#memoryKills.add(this.#stages.current),
      ownKernel: hasOwnKernel(host.settings.runtime),
      onLeftover: (error) => {
        cache.abandon();
        host.journal.error('A container could not be removed. The next start will try again', {
          error: engineMessage(error),
        });
      },
    };
  }

  async #failureOf(ended: ContainerEnd): Promise<JobFailure | null> {
    const { folder, limits, commands, network, log, source } = this.#input;
    const stage = this.#stages.current;
    return verdict({
      exitCode: ended.exitCode,
      // Only the engine's events tell in which stage it was. Without any, its final state tells whether it was at all.
      oomKilled: this.#memoryKills.size > 0 ? this.#memoryKills.has(stage) : ended.oomKilled,
      diskFull: await ownFileSystemFull(folder),
      diskBytes: limits.diskBytes,
      stage,
      commands,
      memoryBytes: limits.memoryBytes,
      refusedHosts: network.refusedHosts(),
      tail: log.tail,
      source: { path: WORKSPACE, rootDirectory: relative(folder.workspace.source, source.root) },
    });
  }
}
