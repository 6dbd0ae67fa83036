/** Connects to the Docker engine, and reads its errors. */
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker, { type Container } from 'dockerode';
import { z } from 'zod';

export type Engine = Docker;

/** The engine that DOCKER_HOST names, or the local one (docker-modem reads the environment). */
export const connectEngine = (): Engine => new Docker();

/** The HTTP status of an error from the engine; undefined for other errors. */
export function engineStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

/**
 * Waits until a container has ended, and gives its exit code (Docker Engine API, `POST /containers/{id}/wait`).
 * dockerode's own `wait` never settles if the engine stops meanwhile: the answer's head comes immediately, and
 * docker-modem doesn't notice that its body breaks off.
 * @throws the engine's error; that of the connection if the engine stops
 */
export async function containerEnd(container: Container): Promise<number> {
  const answer = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    container.modem.dial(
      {
        path: `/containers/${container.id}/wait?`,
        method: 'POST',
        isStream: true,
        statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
      },
      (error: unknown, stream: unknown) => {
        if (error) reject(error);
        else resolve(stream as NodeJS.ReadableStream);
      },
    );
  });
  return Waited.parse(JSON.parse(await text(answer))).StatusCode;
}

/** Those that are gone, so that the engine is not asked again: both a build and its attempt make sure of it. */
const removed = new WeakSet<Container>();

/** Removes a container and kills what runs in it. @throws the engine's error, unless the container is gone */
export async function removeContainer(container: Container): Promise<void> {
  if (removed.has(container)) return;
  try {
    await container.remove({ force: true, v: true });
  } catch (error) {
    if (engineStatus(error) !== 404) throw error;
  }
  removed.add(container);
}

const Waited = z.object({ StatusCode: z.int() });

/** What a connection to an engine that stops, or is not there, fails with (errno(3)). */
const CONNECTION_ERRORS: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** The engine has stopped a container, and nobody here asked for it: it shuts down, or someone else told it to. */
export class StoppedByEngine extends Error {
  override readonly name = 'StoppedByEngine';

  constructor() {
    super('The engine stopped the container');
  }
}

/** Whether an error, or what caused it, says that the engine is not there: it has stopped, or is being restarted. */
export function isEngineAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof StoppedByEngine) return true;
  // A file of the runner can be missing, too; only a call of a socket is meant.
  const isSocket = !('syscall' in error) || ['connect', 'read', 'write'].includes(String(error.syscall));
  if (isSocket && 'code' in error && CONNECTION_ERRORS.has(error.code)) return true;
  return isEngineAway(error.cause);
}

/**
 * Waits until the engine answers, at most so many milliseconds.
 * @returns whether it does
 */
export async function untilEngineAnswers(engine: Engine, ms: number, signal: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (!signal.aborted && performance.now() < deadline) {
    try {
      await engine.ping();
      return true;
    } catch {
      // Not yet: the deadline decides, and an abort ends the wait.
      await sleep(500, undefined, { signal }).catch(() => undefined);
    }
  }
  return false;
}

/** The engine's error message. It may name paths of the host: for the journal, not for the log. */
export function engineMessage(error: unknown): string {
  if (error instanceof Error && 'json' in error) {
    const { json } = error;
    if (json !== null && typeof json === 'object' && 'message' in json) return String(json.message);
  }
  return error instanceof Error ? error.message : String(error);
}
