/** Decides what to do on a machine where no Docker engine answers. */
import type { ProblemCode } from '../problem.ts';
import type { EngineSearch } from './find.ts';

/** What matters about a machine. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly root: boolean;
  /** Debian, Ubuntu, or one of their kin: apt-get finds `docker.io`. */
  readonly debian: boolean;
  /** systemd is in charge (sd_booted(3): /run/systemd/system is there). */
  readonly systemd: boolean;
  /** A docker.service that systemd could start is installed. */
  readonly unit: boolean;
  /** The engine's program, `dockerd`, is installed. The client, `docker`, says nothing. */
  readonly dockerd: boolean;
}

/** What to do: start an engine, after installing it perhaps, or say why not. */
export type EnginePlan =
  | { readonly action: 'start'; readonly install: boolean; readonly by: 'systemd' | 'hand' }
  | {
      readonly action: 'refuse';
      readonly code: ProblemCode;
      readonly message: string;
      readonly advice: string;
    };

/** The plan for a machine on which looking for an engine came to nothing. */
export function planEngine(search: Extract<EngineSearch, { found: false }>, machine: Machine): EnginePlan {
  const refuse = (code: ProblemCode, message: string, advice: string): EnginePlan => ({
    action: 'refuse',
    code,
    message,
    advice,
  });

  if (search.configured !== null) {
    return refuse(
      'engine_failed',
      `No Docker engine answers at DOCKER_HOST=${search.configured} (${search.reason})`,
      'start that engine, or unset DOCKER_HOST to use one of this machine',
    );
  }
  if (search.denied !== null) {
    return refuse(
      'engine_denied',
      `This user may not use the Docker engine at ${search.denied}`,
      'run "sudo usermod -aG docker $USER" and sign in again, or run this as root',
    );
  }
  if (machine.platform !== 'linux') {
    return refuse('engine_missing', 'No Docker engine answers', 'start Docker, then try again');
  }
  if (!machine.root) {
    if (machine.dockerd) {
      return refuse(
        'engine_missing',
        'The Docker engine is installed and does not run',
        `run "sudo ${machine.systemd ? 'systemctl start docker' : 'dockerd'}", or run this as root`,
      );
    }
    return refuse(
      'engine_missing',
      'There is no Docker engine and only root can install one',
      machine.debian
        ? 'run this as root, or run "sudo apt-get install docker.io"'
        : 'install Docker Engine as its documentation says for your system',
    );
  }
  if (!machine.dockerd && !machine.debian) {
    return refuse(
      'engine_missing',
      'There is no Docker engine, and it is installed by itself on Debian and Ubuntu only',
      'install Docker Engine as its documentation says for your system',
    );
  }
  const install = !machine.dockerd;
  return { action: 'start', install, by: machine.systemd && (install || machine.unit) ? 'systemd' : 'hand' };
}

/** Whether an os-release file (os-release(5)) speaks of Debian, Ubuntu or one of their kin. */
export function isDebianKin(osRelease: string): boolean {
  const names = [...osRelease.matchAll(/^(?:ID|ID_LIKE)=["']?([^"'\n]*)/gm)].flatMap(([, value]) =>
    (value ?? '').split(/\s+/),
  );
  return names.includes('debian') || names.includes('ubuntu');
}

/** Whether an engine that was started here may be stopped: no running container is anyone else's. */
export function mayStopEngine(
  running: readonly { readonly Labels: Readonly<Record<string, string>> }[],
): boolean {
  return running.every(({ Labels }) => Labels['dev.appflux.runner'] !== undefined);
}
