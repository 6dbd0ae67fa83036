/** Builds: runs the plan's commands in a disposable container. */
import { randomBytes } from 'node:crypto';
import { posix, relative, sep } from 'node:path';
import type { AttemptCache } from '../cache/attempt-cache.ts';
import type { Caches } from '../cache/caches.ts';
import { type BuildInput, type JobHost, runIfAny } from '../job/executor.ts';
import { openFiles } from '../job/files/index.ts';
import { type Commands, StageLog } from '../job/stage-log.ts';
import { openToolchain } from '../job/toolchain/index.ts';
import { buildEnvironment, platformVariables } from '../job/variables.ts';
import type { Journal } from '../journal.ts';
import { containerSpec, hasOwnKernel, WORKSPACE } from '../sandbox/container-spec.ts';
import { ownFileSystemFull, whileDiskLasts } from '../sandbox/disk-watch.ts';
import { type Engine, engineMessage, engineStatus } from '../sandbox/engine.ts';
import { imageFacts } from '../sandbox/image-facts.ts';
import type { Images } from '../sandbox/images.ts';
import type { BuildStage } from '../sandbox/marks.ts';
import { type BuildNetwork, managerOf, openNetwork } from '../sandbox/network.ts';
import { maxOpenFiles } from '../sandbox/open-files.ts';
import { OutputReader } from '../sandbox/output.ts';
import { runContainer } from '../sandbox/run-container.ts';
import { joined, type Surroundings } from '../sandbox/surroundings.ts';
import { verdict } from '../sandbox/verdict.ts';
import { guardFor } from '../sandbox/vsock.ts';
import { JobFailure, type Skip, type StepContext } from '../step-context.ts';

/** What builds in containers need of their runner. */
export interface BuildHost extends Pick<JobHost, 'settings' | 'runnerId' | 'journal'> {
  readonly engine: Engine;
  readonly images: Images;
  readonly caches: Caches;
}

export interface ContainerBuildInput extends BuildInput {
  readonly cache: AttemptCache;
}

/** Builds in a container; see AttemptExecutor. */
export function build(
  host: BuildHost,
  input: ContainerBuildInput,
  ctx: StepContext,
): Promise<Skip | undefined> {
  return runIfAny(input, (commands) => buildInSandbox(host, input, commands, ctx), ctx);
}

/** Has the App's files in memory while it is built. */
async function buildInSandbox(
  host: BuildHost,
  input: ContainerBuildInput,
  commands: Commands,
  ctx: StepContext,
): Promise<Skip | undefined> {
  const imageId = await host.images.ensure(input.plan.image, ctx.log, ctx.signal);
  const { tools } = await imageFacts(host.engine, host.runnerId, imageId);
  input.onImage({ digest: imageId, tools: recorded(tools) });
  const files = await openFiles({ ...input, runnerId: host.runnerId }, ctx);
  try {
    return await buildSurrounded(host, { ...input, imageId }, commands, files, ctx);
  } finally {
    await files.close();
  }
}

/** Tools and versions as a record takes them: an image of somebody's own may say anything of itself. */
const recorded = (tools: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(tools)
      .slice(0, 40)
      .map(([tool, version]) => [tool.slice(0, 40), version.slice(0, 60)]),
  );

type InImage = ContainerBuildInput & { readonly imageId: string };

/** Opens the cache and the network, and watches the disk while the commands run. */
async function buildSurrounded(
  host: BuildHost,
  input: InImage,
  commands: Commands,
  files: Surroundings,
  ctx: StepContext,
): Promise<Skip | undefined> {
  const { plan, log, imageId } = input;
  const manager = await managerOf(plan, input.source.root);
  const cache = await input.cache.open({ plan, imageId, manager, source: input.source }, ctx);
  const toolchain = await openToolchain(
    host,
    {
      plan,
      imageId,
      source: input.source,
      top: input.folder.workspace.source,
      manager,
      online: host.settings.network !== 'none',
    },
    ctx,
  );
  const network = await openNetwork(host, { ...input, manager }, ctx);
  const { mode, refusedHosts } = network;
  const around = { ...joined([cache, toolchain, network, files]), mode, refusedHosts };
  const disk = {
    folder: input.folder,
    limitBytes: input.limits.diskBytes,
    keepFreeBytes: host.settings.keepFree,
    onError: (error: unknown) =>
      host.journal.warn('The disk could not be measured', { error: String(error) }),
  };
  try {
    return await whileDiskLasts(disk, ctx.signal, (signal) =>
      runBuild(host, input, commands, around, ctx, signal),
    );
  } finally {
    for (const line of await network.close()) log.write(line);
  }
}

type Around = Surroundings & Pick<BuildNetwork, 'mode' | 'refusedHosts'>;

async function runBuild(
  host: BuildHost,
  input: InImage,
  commands: Commands,
  around: Around,
  ctx: StepContext,
  signal: AbortSignal,
): Promise<Skip | undefined> {
  const { job, plan, source, folder, limits, secrets, log, imageId } = input;
  const nonce = randomBytes(16).toString('hex');
  const stages = new StageLog(commands, ctx.log);
  const readers = {
    stdout: reader('stdout'),
    stderr: reader('stderr'),
  };
  function reader(stream: 'stdout' | 'stderr') {
    return new OutputReader({
      nonce,
      secrets,
      line: (text) => log.writeMasked(text, stream),
      // Lines of the other stream that are still unfinished belong to the stage that ends here.
      mark: (mark) => {
        stages.take(mark);
        input.cache.take(mark);
      },
    });
  }
  const container = {
    image: plan.image,
    runnerId: host.runnerId,
    deploymentId: job.deploymentId,
    attempt: input.attempt,
    source: folder.workspace.source,
    workingDir: posix.join(WORKSPACE, relative(folder.workspace.source, source.root).split(sep).join('/')),
    environment: buildEnvironment({
      defaults: around.suggested,
      app: job.variables,
      sandbox: around.environment,
      platform: {
        ...platformVariables(job, source),
        ...around.entry,
        APPFLUX_MARK: nonce,
        APPFLUX_IGNORE_COMMAND: commands.ignore ?? '',
        APPFLUX_INSTALL_COMMAND: commands.install ?? '',
        APPFLUX_BUILD_COMMAND: commands.build ?? '',
      },
    }),
    limits,
    openFiles: await maxOpenFiles(host.engine, host.runnerId, imageId),
    runtime: host.settings.runtime,
    guard: await guardFor(host.engine, host.settings.runtime),
    network: around.mode,
  };
  /** The stages in which the kernel killed a process at the memory limit. */
  const starved = new Set<BuildStage | null>();
  const run = (mounts: Around['mounts']) =>
    runContainer(host.engine, {
      spec: containerSpec({ ...container, mounts }),
      output: ({ stream, bytes }) => readers[stream].push(bytes),
      ready: () => log.ready(),
      signal,
      onMemoryKill: () => starved.add(stages.current),
      ownKernel: hasOwnKernel(host.settings.runtime),
      onLeftover: (error) => {
        input.cache.abandon();
        host.journal.error('A container could not be removed; the next start will', {
          error: engineMessage(error),
        });
      },
    });
  const ended = await run(around.mounts)
    .catch((error: unknown) => {
      const mounts =
        signal.aborted || stages.current !== null ? null : input.cache.instead(around.mounts, error, ctx);
      if (mounts === null) throw error;
      return run(mounts);
    })
    .catch((error: unknown) => {
      throw signal.aborted ? signal.reason : engineFailure(error, host.journal);
    })
    .finally(() => {
      readers.stdout.end();
      readers.stderr.end();
    });
  if (ended.oomKilled && ended.exitCode === 0) {
    ctx.log('A process of the build was killed at the memory limit; the build ended well all the same.');
  }
  const failure = verdict({
    exitCode: ended.exitCode,
    // The engine's events say when it was; without any, its last word says at least whether it was.
    oomKilled: starved.size > 0 ? starved.has(stages.current) : ended.oomKilled,
    diskFull: await ownFileSystemFull(folder),
    diskBytes: limits.diskBytes,
    stage: stages.current,
    commands,
    memoryBytes: limits.memoryBytes,
    refusedHosts: around.refusedHosts(),
    tail: log.tail,
  });
  if (failure !== null) throw failure;
  return stages.skip();
}

/** What the engine could not do. Its own words may name paths of the host, so they go to the journal only. */
function engineFailure(error: unknown, journal: Journal): unknown {
  if (error instanceof JobFailure) return error;
  journal.error('The engine could not run a build', {
    status: engineStatus(error),
    error: engineMessage(error),
  });
  return new JobFailure('internal', 'The runner’s container engine could not run the build', {
    hint: 'Redeploy; if it happens again, ask the owner of the runner to run `appflux-runner doctor`.',
    cause: error,
  });
}
