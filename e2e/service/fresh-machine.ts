/** A machine on which nothing of AppFlux is: Debian with systemd and wget, in a container. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type Dockerode from 'dockerode';
import { BootedSystem, type SystemImage } from './system.ts';

/** Where authorities of the owner of this machine are, which others in its network need, too. */
const AUTHORITIES = '/usr/local/share/ca-certificates';

const dockerfile = (engineSocket: string) => `FROM debian:bookworm-slim
RUN apt-get update \\
 && apt-get install -y --no-install-recommends systemd systemd-sysv dbus wget socat \\
 && echo 'L /run/docker.sock - - - - ${engineSocket}' > /etc/tmpfiles.d/engine.conf \\
 && echo force-unsafe-io > /etc/dpkg/dpkg.cfg.d/unsafe-io
COPY authorities/ ${AUTHORITIES}/
`;

async function authorities(): Promise<{ name: string; content: Buffer }[]> {
  const names = await readdir(AUTHORITIES).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const certificates = names.filter((name) => name.endsWith('.crt'));
  return Promise.all(
    certificates.map(async (name) => ({ name, content: await readFile(join(AUTHORITIES, name)) })),
  );
}

/**
 * Boots it. `folders` of this machine are in it at the same paths, because the engine is this machine's.
 * @throws CannotBoot
 */
export async function startFreshMachine(
  engine: Dockerode,
  socket: string,
  folders: readonly string[],
): Promise<BootedSystem> {
  const image: SystemImage = {
    name: 'appflux-test/fresh-machine',
    dockerfile,
    files: [
      { name: 'authorities/README', content: Buffer.from('Authorities of this network.\n') },
      ...(await authorities()).map(({ name, content }) => ({ name: `authorities/${name}`, content })),
    ],
    folders,
  };
  return BootedSystem.start(engine, socket, image);
}
