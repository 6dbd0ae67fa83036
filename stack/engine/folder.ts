/** Where an engine keeps what it has. */
import type Dockerode from 'dockerode';
import { z } from 'zod';

const Info = z.object({ DockerRootDir: z.string() });

/** The folder in which an engine of this machine keeps images and containers; null for one elsewhere. */
export async function engineFolderOf(engine: Dockerode, address: string): Promise<string | null> {
  if (!address.startsWith('unix://')) return null;
  return Info.parse(await engine.info()).DockerRootDir;
}
