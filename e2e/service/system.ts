/** A Debian that boots: systemd as the first process of a container. */

import { setTimeout as sleep } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { execa } from 'execa';
import { pack } from 'tar-stream';
import { follow } from '../../stack/images/engine-stream.ts';

/** What boots. */
export interface SystemImage {
  readonly name: string;
  /** Its Dockerfile, given where the socket of this machine's engine will be. */
  readonly dockerfile: (engineSocket: string) => string;
  /** Files that it copies. */
  readonly files?: readonly { readonly name: string; readonly content: Buffer }[];
  /** Folders of this machine that are in it, at the same paths. */
  readonly folders?: readonly string[];
}

/** What the image of an instance has in addition to its base. */
const SOURCES = ['protocol', 'client', 'detection', 'edge', 'runner', 'cli', 'stack', 'dashboard'].concat(
  'builder-images',
);
const FILES = ['package.json', 'package-lock.json', 'wrangler.toml', 'wrangler.servers.toml'].map(
  (name) => `/opt/appflux/${name}`,
);

/** The socket of this machine's engine, where /run is not hidden by the container's own. */
const SOCKET = '/engine.sock';

/** AppFlux's sources and packages in /opt/appflux, as a clone of the repository has them after `npm ci`. */
export const cloneImage = (engineGroup: number): SystemImage => ({
  name: 'appflux-test/systemd',
  dockerfile: (engineSocket) => `FROM appflux/instance-base
RUN apt-get update \\
 && apt-get install -y --no-install-recommends systemd systemd-sysv dbus logrotate \\
 && systemctl disable caddy.service \\
 && userdel appflux && userdel appflux-runner && rm -rf /var/lib/appflux /var/lib/appflux-runner
RUN groupadd --gid ${engineGroup} docker \\
 && echo 'L /run/docker.sock - - - - ${engineSocket}' > /etc/tmpfiles.d/engine.conf
${SOURCES.map((name) => `COPY --from=appflux/instance /opt/appflux/${name} /opt/appflux/${name}`).join('\n')}
COPY --from=appflux/instance ${FILES.join(' ')} /opt/appflux/
WORKDIR /opt/appflux
`,
});

/** Before systemd: a tree of control groups of its own, in which it may write. */
const BOOT = 'umount -R /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec /lib/systemd/systemd';

const BOOT_WITHIN_MS = 60_000;

/** Where containers may not have the capabilities that systemd needs, or its kernel does not suit it. */
export class CannotBoot extends Error {}

export class BootedSystem {
  readonly #container: Dockerode.Container;

  private constructor(container: Dockerode.Container) {
    this.#container = container;
  }

  /**
   * Builds the image, starts the container and waits until the system has booted; `socket` is the engine's.
   * @throws CannotBoot
   */
  static async start(engine: Dockerode, socket: string, image: SystemImage): Promise<BootedSystem> {
    const context = pack();
    context.entry({ name: 'Dockerfile' }, image.dockerfile(SOCKET));
    for (const { name, content } of image.files ?? []) context.entry({ name }, content);
    context.finalize();
    await follow(
      engine,
      await engine.buildImage(context, { t: image.name, version: '1', forcerm: true }),
      () => undefined,
    );
    const hostConfig: Dockerode.HostConfig & {
      CgroupnsMode: string;
      MaskedPaths: string[];
      ReadonlyPaths: string[];
    } = {
      // Not privileged: the devices of this machine stay out of it, and engines in a sandbox refuse it.
      CapAdd: ['ALL'],
      CapDrop: ['SYS_RESOURCE'],
      SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined'],
      // /proc and /sys are its own to change.
      MaskedPaths: [],
      ReadonlyPaths: [],
      CgroupnsMode: 'private',
      Tmpfs: { '/run': 'exec', '/run/lock': '', '/tmp': 'exec' },
      Binds: [`${socket}:${SOCKET}`, ...(image.folders ?? []).map((folder) => `${folder}:${folder}`)],
    };
    const container = await engine.createContainer({
      Image: image.name,
      Cmd: ['sh', '-c', BOOT],
      Env: ['container=docker'],
      StopSignal: 'SIGRTMIN+3',
      Tty: true,
      HostConfig: hostConfig,
    });
    const system = new BootedSystem(container);
    try {
      await container.start();
      await system.untilBooted();
      return system;
    } catch (error) {
      await system.remove();
      throw new CannotBoot(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  /** Waits until all that starts with the system has started, or failed to. */
  async untilBooted(): Promise<void> {
    const deadline = performance.now() + BOOT_WITHIN_MS;
    for (let state = ''; !/^(?:running|degraded)$/.test(state); ) {
      if (performance.now() > deadline) throw new Error(`systemd is ${state || 'not answering'}`);
      await sleep(200);
      state = (await this.sh('systemctl is-system-running 2>/dev/null')).all.trim();
    }
  }

  /** The output of a command of a shell in the system, and its exit code. */
  async sh(
    command: string,
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ exitCode: number; all: string }> {
    const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    const args = ['exec', ...variables, this.#container.id, 'sh', '-c', command];
    const { exitCode, all } = await execa('docker', args, { stdin: 'ignore', all: true, reject: false });
    return { exitCode: exitCode ?? 1, all };
  }

  /** Shuts down in order and boots again. */
  async reboot(): Promise<void> {
    await this.#container.restart({ t: 60 });
    await this.untilBooted();
  }

  async remove(): Promise<void> {
    await this.#container.remove({ force: true, v: true });
  }
}
