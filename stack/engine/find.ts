/** Finds a Docker engine: the engine, not the client, because one is often there without the other. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import Dockerode from 'dockerode';
import { messageOf } from '../problem.ts';

/** Where an engine may listen. */
export interface EngineAddress {
  /** For people, and for `DOCKER_HOST` of child processes. */
  readonly name: string;
  /** The socket's path; null if the address comes from DOCKER_HOST, which the client reads itself. */
  readonly socketPath: string | null;
}

/** The result of a search for an engine. */
export type EngineSearch =
  | {
      readonly found: true;
      readonly engine: Dockerode;
      readonly address: EngineAddress;
      readonly version: string;
    }
  | {
      readonly found: false;
      /** DOCKER_HOST, if it is set: then no other address is tried. */
      readonly configured: string | null;
      /** The socket that exists but that this user has no permission to use, if there is one. */
      readonly denied: string | null;
      /** What the last address answered. */
      readonly reason: string;
    };

/** The addresses to try, in order. DOCKER_HOST excludes all others. */
export function engineAddresses(env: NodeJS.ProcessEnv, home: string): EngineAddress[] {
  const configured = env.DOCKER_HOST;
  if (configured !== undefined && configured !== '') return [{ name: configured, socketPath: null }];
  const runtime = env.XDG_RUNTIME_DIR;
  const sockets = [
    '/var/run/docker.sock',
    ...(runtime === undefined || runtime === '' ? [] : [join(runtime, 'docker.sock')]),
    join(home, '.docker', 'run', 'docker.sock'),
  ];
  return sockets.map((socketPath) => ({ name: `unix://${socketPath}`, socketPath }));
}

/** A client for an address. */
export function clientFor(address: EngineAddress): Dockerode {
  return address.socketPath === null ? new Dockerode() : new Dockerode({ socketPath: address.socketPath });
}

/** Asks each address in turn and returns the first engine that answers. */
export async function findEngine(env: NodeJS.ProcessEnv): Promise<EngineSearch> {
  let denied: string | null = null;
  let reason = '';
  for (const address of engineAddresses(env, homedir())) {
    try {
      const engine = clientFor(address);
      const { Version: version } = await engine.version();
      return { found: true, engine, address, version };
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EACCES') denied = address.name;
      reason = messageOf(error);
    }
  }
  const configured = env.DOCKER_HOST;
  return {
    found: false,
    configured: configured === undefined || configured === '' ? null : configured,
    denied,
    reason,
  };
}
