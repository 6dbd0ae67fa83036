/** Whether the engine can mount what is kept: not every file system can be below an overlay, and a layer may be damaged. */
import type { MountSettings } from 'dockerode';
import { BUILDER, RUNNER_LABEL } from '../sandbox/container-spec.ts';
import type { Engine } from '../sandbox/engine.ts';

/** Starts a container that does nothing with the mount. @throws what the engine says where it cannot */
export async function tryMount(
  engine: Engine,
  runnerId: string,
  image: string,
  mount: MountSettings,
): Promise<void> {
  const container = await engine.createContainer({
    Image: image,
    Cmd: ['true'],
    User: BUILDER,
    Labels: { [RUNNER_LABEL]: runnerId },
    HostConfig: {
      NetworkMode: 'none',
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      ReadonlyRootfs: true,
      LogConfig: { Type: 'none', Config: {} },
      Mounts: [mount],
    },
  });
  try {
    await container.start();
    await container.wait();
  } finally {
    await container.remove({ force: true, v: true });
  }
}
