/** Makes ready what a runner builds with, and clears away what an earlier process of it has left. */

import type { RunnerMachine } from '@appflux/protocol';
import { Caches } from '../cache/caches.ts';
import type { Settings } from '../config/settings.ts';
import { containerExecutor } from '../container-executor/index.ts';
import { cachesLeave, minFreeOf } from '../disk/room.ts';
import { DiskWatch, type DiskWatchOptions } from '../disk/watch.ts';
import { HOST_WARNING, hostExecutor } from '../host-executor/index.ts';
import { hostLabelProblem } from '../host-executor/labels.ts';
import type { Executor } from '../job/executor.ts';
import { describeError, type Journal } from '../journal.ts';
import { PICTURES_IMAGE, picturesImage } from '../pictures/image.ts';
import { notePictureFailure } from '../pictures/last-failure.ts';
import { Pictures } from '../pictures/pictures.ts';
import { reportPicture } from '../pictures/report.ts';
import { takePictures } from '../pictures/take.ts';
import { RunnerProblem } from '../problem.ts';
import { sweepAttemptFolders } from '../sandbox/attempt-folder.ts';
import { withDefaultRuntime } from '../sandbox/container-spec.ts';
import { connectEngine, type Engine, engineMessage } from '../sandbox/engine.ts';
import { Images, isAllowedImage } from '../sandbox/images.ts';
import { machineOf } from '../sandbox/machine.ts';
import { NetworkNamespaces } from '../sandbox/namespaces/network-namespaces.ts';
import { namespaceMakers, sandboxesToPrepare } from '../sandbox/prepared/how-many.ts';
import { PreparedSandboxes } from '../sandbox/prepared/prepared-sandboxes.ts';
import { type Swept, sweep } from '../sandbox/sweep.ts';

export interface OpenExecutorOptions {
  readonly settings: Settings;
  readonly labels: readonly string[];
  /** How many builds run in parallel. */
  readonly slots: number;
  readonly runnerId: string;
  readonly journal: Journal;
  /** Where the instance is, and the runner's credential there. */
  readonly url: URL;
  readonly credential: string;
}

export interface OpenedExecutor {
  readonly executor: Executor;
  readonly disks: DiskWatch;
  /** The versions on this machine. */
  readonly machine: () => Promise<RunnerMachine>;
  /** Takes pictures of sites; absent where there is no container engine, or the owner wants none. */
  readonly pictures?: Pictures;
  /** To be called once nothing is built any more. */
  close(): Promise<void>;
}

/**
 * Opens the executor that the settings ask for. Only to be called when nothing of this runner is running.
 * @throws {RunnerProblem} when it cannot build
 */
export function openExecutor(options: OpenExecutorOptions): Promise<OpenedExecutor> {
  return options.settings.executor === 'host' ? openHost(options) : openContainers(options);
}

async function openHost({
  settings,
  labels,
  slots,
  runnerId,
  journal,
}: OpenExecutorOptions): Promise<OpenedExecutor> {
  const problem = hostLabelProblem(labels);
  if (problem !== null) throw problem;
  journal.warn(HOST_WARNING);
  // None ever wait here; a setting that asks for some gets the reason.
  await sandboxesToPrepare(settings, slots, journal);
  const executor = hostExecutor({ settings, runnerId, journal });
  tell(
    { containers: [], folders: await sweepAttemptFolders(settings.state, executor.removeFolder) },
    journal,
  );
  const disks = watchOf(settings, journal, { folders: [settings.state], makeRoom: async () => undefined });
  return { executor, disks, machine: () => machineOf(null), close: async () => undefined };
}

async function openContainers(options: OpenExecutorOptions): Promise<OpenedExecutor> {
  const { runnerId, journal } = options;
  const engine = connectEngine();
  let info: { readonly DockerRootDir?: string; readonly DefaultRuntime?: string };
  try {
    tell(await sweep(engine, runnerId, options.settings.state), journal);
    info = await engine.info();
  } catch (error) {
    throw new RunnerProblem(
      `The Docker engine cannot be used: ${engineMessage(error)}`,
      'Run `appflux-runner doctor` to find the problem',
      error,
    );
  }
  const settings = withDefaultRuntime(options.settings, info.DefaultRuntime);
  const { state, cacheSize: maxBytes, keepFree, minFree } = settings;
  const leaveFree = (totalBytes: number) => cachesLeave(minFreeOf(totalBytes, minFree), keepFree);
  const caches = new Caches({ state, engine, runnerId, journal, maxBytes, keepFree, leaveFree });
  await caches.sweep();
  const images = new Images({ engine, journal, allowed: settings.images, command: settings.imageCommand });
  const most = await sandboxesToPrepare(settings, options.slots, journal);
  const makers = await namespaceMakers(settings, options.slots);
  const namespaces = new NetworkNamespaces({ engine, runnerId, journal, most: makers });
  const host = { engine, settings, runnerId, journal, namespaces };
  const prepared = new PreparedSandboxes({ ...host, most });
  const executor = containerExecutor({ ...host, images, caches, prepared });
  const folders = [state, ...(info.DockerRootDir === undefined ? [] : [info.DockerRootDir])];
  const disks = watchOf(settings, journal, { folders, makeRoom: () => caches.makeRoom() });
  const pictures = picturesOf({ ...options, settings }, engine);
  return {
    executor,
    disks,
    machine: () => machineOf(engine),
    ...(pictures === null ? {} : { pictures }),
    close: async () => {
      await prepared.close();
      await namespaces.close();
      await caches.close();
    },
  };
}

/** Null if the owner of the runner wants none, or allows builds other images only. */
function picturesOf(
  { settings, runnerId, journal, url, credential }: OpenExecutorOptions,
  engine: Engine,
): Pictures | null {
  if (settings.pictures === 'off' || !isAllowedImage(PICTURES_IMAGE, settings.images)) return null;
  const host = { engine, settings, runnerId, journal, instance: new URL(settings.publicUrl ?? url) };
  return new Pictures({
    image: picturesImage(engine, settings.imageCommand),
    note: (reason) => notePictureFailure(settings.state, reason),
    take: (image, request, signal) => takePictures(host, image, request, signal),
    report: (deploymentId, result, signal) =>
      reportPicture({ url, credential }, deploymentId, result, signal),
    journal,
  });
}

function watchOf(
  { minFree }: Settings,
  journal: Journal,
  options: Pick<DiskWatchOptions, 'folders' | 'makeRoom'>,
): DiskWatch {
  const onError = (error: unknown) =>
    journal.warn('The free disk space could not be determined', { error: describeError(error) });
  return new DiskWatch({ ...options, minFree, onError });
}

function tell({ containers, folders }: Swept, journal: Journal): void {
  if (containers.length + folders.length === 0) return;
  journal.warn('Cleaned up after an earlier process', {
    containers: containers.length,
    folders: folders.length,
  });
}
