/** What builds in containers are given. */
import type { AttemptCache } from '../cache/attempt-cache.ts';
import type { Caches } from '../cache/caches.ts';
import type { BuildInput, JobHost } from '../job/executor.ts';
import type { Commands } from '../job/stage-log.ts';
import type { Engine } from '../sandbox/engine.ts';
import type { Images } from '../sandbox/images.ts';
import type { BuildNetwork } from '../sandbox/network.ts';
import type { PreparedSandbox } from '../sandbox/prepared/prepared-sandbox.ts';
import type { PreparedSandboxes } from '../sandbox/prepared/prepared-sandboxes.ts';
import type { NamespaceLender } from '../sandbox/start-alone.ts';
import type { Surroundings } from '../sandbox/surroundings.ts';

/** What builds need from their runner. */
export interface BuildHost extends Pick<JobHost, 'settings' | 'runnerId' | 'journal'> {
  readonly engine: Engine;
  readonly images: Images;
  readonly caches: Caches;
  readonly prepared: PreparedSandboxes;
  /** Null where the engine makes the network namespaces of builds. */
  readonly namespaces: NamespaceLender | null;
}

export interface ContainerBuildInput extends BuildInput {
  readonly cache: AttemptCache;
  readonly commands: Commands;
  /** The sandbox in whose folder the attempt is; null if it has none. */
  readonly sandbox: PreparedSandbox | null;
  /** Receives the removal of the build's container, which goes on behind the build. */
  readonly onRemoval: (removal: Promise<void>) => void;
}

/** What the commands of a build need once everything around them is prepared. */
export interface CommandRunInput extends ContainerBuildInput {
  readonly host: BuildHost;
  readonly imageId: string;
  /** Of the cache, the toolchain, the network and the app's files together. */
  readonly surroundings: Surroundings;
  readonly network: Pick<BuildNetwork, 'mode' | 'refusedHosts'>;
  /** Aborts when the attempt ends or the disk is full. */
  readonly signal: AbortSignal;
}
