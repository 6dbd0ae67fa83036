/** Cleans up after an earlier process of this runner, which may have been killed at any moment. */
import type { ContainerInfo } from 'dockerode';
import { removeAttemptFolder, sweepAttemptFolders } from './attempt-folder.ts';
import { DEPLOYMENT_LABEL, RUNNER_LABEL } from './container-spec.ts';
import { type Engine, engineStatus } from './engine.ts';
import { removeEmptyImage } from './namespaces/empty-image.ts';
import { MAKER_LABEL } from './namespaces/maker-spec.ts';

export interface Swept {
  /** Deployments whose containers were removed. */
  readonly containers: readonly string[];
  /** Names of the folders that were removed, with the sockets in them. */
  readonly folders: readonly string[];
}

/** Removes what has this runner's labels in the engine, and its attempts' folders. Only to be called when nothing runs. */
export async function sweep(engine: Engine, runnerId: string, state: string): Promise<Swept> {
  const found = await removeContainers(engine, `${RUNNER_LABEL}=${runnerId}`);
  const label = `${MAKER_LABEL}=${runnerId}`;
  await removeContainers(engine, label);
  for (const { Id } of await engine.listImages({ all: true, filters: { label: [label] } })) {
    try {
      await removeEmptyImage(engine, Id);
    } catch (error) {
      // 409: a container has it still, one that the engine is removing. It takes no room until the next start.
      if (engineStatus(error) !== 409) throw error;
    }
  }
  const folders = await sweepAttemptFolders(state, (top) => removeAttemptFolder(engine, runnerId, top));
  return { containers: found.map(({ Labels }) => Labels[DEPLOYMENT_LABEL] ?? ''), folders };
}

/** Removes all with a label. Gives what it found. */
async function removeContainers(engine: Engine, label: string): Promise<ContainerInfo[]> {
  const found = await engine.listContainers({ all: true, filters: { label: [label] } });
  for (const { Id } of found) {
    try {
      await engine.getContainer(Id).remove({ force: true, v: true });
    } catch (error) {
      // 404: it has gone by itself; 409: the engine is removing it already.
      if (![404, 409].includes(engineStatus(error) ?? 0)) throw error;
    }
  }
  return found;
}
