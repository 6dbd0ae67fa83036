/** Decides what to do on a machine where no Docker engine answers. */
import type { ProblemCode } from '../problem.ts';
import type { EngineSearch } from './find.ts';

/** The relevant facts about a machine. */
export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly root: boolean;
  /** Debian, Ubuntu, or a derivative: apt-get finds `docker.io`. */
  readonly debian: boolean;
  /** systemd is running (sd_booted(3): /run/systemd/system exists). */
  readonly systemd: boolean;
  /** A docker.service that systemd can start is installed. */
  readonly unit: boolean;
  /** The engine's program, `dockerd`, is installed. The client, `docker`, proves nothing. */
  readonly dockerd: boolean;
}

/** What to do: start an engine, possibly after installing it, or report why not. */
export type EnginePlan =
  | { readonly action: 'start'; readonly install: boolean; readonly by: 'systemd' | 'process' }
  | {
      readonly action: 'refuse';
      readonly code: ProblemCode;
      readonly message: string;
      readonly advice: string;
    };

/** The plan for a machine on which no engine was found. */
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
      'start that engine, or unset DOCKER_HOST to use one on this machine',
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
        'The Docker engine is installed but not running',
        `run "sudo ${machine.systemd ? 'systemctl start docker' : 'dockerd'}", or run this as root`,
      );
    }
    return refuse(
      'engine_missing',
      'No Docker engine is installed, and only root can install one',
      machine.debian
        ? 'run this as root, or run "sudo apt-get install docker.io"'
        : 'install Docker Engine as described in its documentation',
    );
  }
  if (!machine.dockerd && !machine.debian) {
    return refuse(
      'engine_missing',
      'No Docker engine is installed, and automatic installation works on Debian and Ubuntu only',
      'install Docker Engine as described in its documentation',
    );
  }
  const install = !machine.dockerd;
  return {
    action: 'start',
    install,
    by: machine.systemd && (install || machine.unit) ? 'systemd' : 'process',
  };
}

/** Whether an os-release file (os-release(5)) is that of Debian, Ubuntu or a derivative. */
export function isDebianLike(osRelease: string): boolean {
  const names = [...osRelease.matchAll(/^(?:ID|ID_LIKE)=["']?([^"'\n]*)/gm)].flatMap(([, value]) =>
    (value ?? '').split(/\s+/),
  );
  return names.includes('debian') || names.includes('ubuntu');
}

/** What a runner starts has one of them: builds and what waits for them, and what makes their network namespaces. */
const RUNNERS_LABELS = ['dev.appflux.runner', 'dev.appflux.namespaces'];

/** Whether an engine that was started here can be stopped: no running container belongs to someone else. */
export function mayStopEngine(
  running: readonly { readonly Labels: Readonly<Record<string, string>> }[],
): boolean {
  return running.every(({ Labels }) => RUNNERS_LABELS.some((label) => Labels[label] !== undefined));
}
