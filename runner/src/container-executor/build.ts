/** One build in a disposable container: prepares what it needs, runs its commands, and releases everything again. */
import { openFiles } from '../job/files/index.ts';
import { openToolchain } from '../job/toolchain/index.ts';
import { own, say, shortened } from '../masking/sentence.ts';
import { whileDiskLasts } from '../sandbox/disk-watch.ts';
import { isEngineAway } from '../sandbox/engine.ts';
import { imageFacts } from '../sandbox/image-facts.ts';
import { type BuildNetwork, managerOf, openNetwork } from '../sandbox/network.ts';
import { joined, type Surroundings } from '../sandbox/surroundings.ts';
import { JobFailure, type Skip, type StepContext } from '../step-context.ts';
import { inSpan } from '../tracing/trace.ts';
import type { BuildHost, ContainerBuildInput } from './build-input.ts';
import { CommandRun } from './command-run.ts';
import { giveBack } from './engine-lost.ts';

/** What a record accepts of an image's tools: a custom image can claim anything. */
const MAX_TOOLS = 40;
const MAX_TOOL_NAME = 40;
const MAX_TOOL_VERSION = 60;

/** The tool without which an image packs no servers. */
const PACKAGER = 'wrangler';

export class ContainerBuild {
  readonly #host: BuildHost;
  readonly #input: ContainerBuildInput;
  readonly #ctx: StepContext;

  constructor(host: BuildHost, input: ContainerBuildInput, ctx: StepContext) {
    this.#host = host;
    this.#input = input;
    this.#ctx = ctx;
  }

  /**
   * Runs the build's commands.
   * @returns why nothing was built, if the ignore command said that there is nothing to do
   * @throws {JobFailure} if the build failed; the reason of `ctx.signal` if it aborts; {Stopped} if the engine stopped
   */
  async run(): Promise<Skip | undefined> {
    try {
      return await this.#run();
    } catch (error) {
      if (this.#ctx.signal.aborted || !isEngineAway(error)) throw error;
      const { job, sandbox } = this.#input;
      const prepared = (await sandbox?.containerId()) ?? null;
      const lost = { deploymentId: job.deploymentId, prepared };
      throw await giveBack(this.#host, lost, error, this.#ctx);
    }
  }

  async #run(): Promise<Skip | undefined> {
    const imageId = await inSpan(this.#ctx, 'prepare image', () => this.#prepareImage(), {
      'container.image.name': this.#input.plan.image,
    });
    const files = await openFiles({ ...this.#input, runnerId: this.#host.runnerId }, this.#ctx);
    try {
      return await this.#buildIn(imageId, files);
    } finally {
      await files.close();
    }
  }

  /** Ensures that the image is present and reports what is in it. Returns the engine's id of it. */
  async #prepareImage(): Promise<string> {
    const { engine, images, runnerId } = this.#host;
    const imageId = await images.ensure(this.#input.plan.image, this.#ctx.log, this.#ctx.signal);
    const { tools } = await imageFacts(engine, runnerId, imageId);
    this.#input.onImage({ digest: imageId, tools: recordable(tools) });
    if (this.#input.plan.server !== undefined && tools[PACKAGER] === undefined)
      throw noPackager(this.#input.plan.image);
    return imageId;
  }

  async #buildIn(imageId: string, files: Surroundings): Promise<Skip | undefined> {
    const { plan, managerVersion, source, limits } = this.#input;
    const manager = await managerOf(plan, source.root);
    const { diskBytes } = limits;
    const cache = await inSpan(this.#ctx, 'open cache', (ctx) =>
      this.#input.cache.open({ plan, imageId, manager, managerVersion, source, diskBytes }, ctx),
    );
    const online = this.#host.settings.network !== 'none';
    const toolchain = await inSpan(this.#ctx, 'open toolchain', (ctx) =>
      openToolchain(this.#host, { plan, imageId, managerVersion, manager, online }, ctx),
    );
    const network = await inSpan(this.#ctx, 'open network', (ctx) =>
      openNetwork(this.#host, { ...this.#input, imageId, manager }, ctx),
    );
    try {
      return await this.#runWatched(imageId, joined([cache, toolchain, network, files]), network);
    } finally {
      for (const line of await network.close()) this.#input.log.write(line);
    }
  }

  /** Runs the commands, and ends them when the disk is full. */
  #runWatched(imageId: string, surroundings: Surroundings, network: BuildNetwork): Promise<Skip | undefined> {
    const host = this.#host;
    const disk = {
      folder: this.#input.folder,
      limitBytes: this.#input.limits.diskBytes,
      keepFreeBytes: host.settings.keepFree,
      onError: (error: unknown) =>
        host.journal.warn('The disk could not be measured', { error: String(error) }),
    };
    return inSpan(this.#ctx, 'run container', (ctx) =>
      whileDiskLasts(disk, ctx.signal, (signal) =>
        new CommandRun({ host, ...this.#input, imageId, surroundings, network, signal }, ctx).run(),
      ),
    );
  }
}

const noPackager = (image: string): JobFailure =>
  new JobFailure(
    'settings_invalid',
    say`The image ${shortened(image, 200)} can’t pack the server of a site`,
    {
      hint: own(
        'Remove the image from the app’s build settings, build it again from a current appflux/web-builder, or set "server" to false in appflux.json to publish only files.',
      ),
    },
  );

function recordable(tools: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tools)
      .slice(0, MAX_TOOLS)
      .map(([tool, version]) => [tool.slice(0, MAX_TOOL_NAME), version.slice(0, MAX_TOOL_VERSION)]),
  );
}
