/** Connects to the Docker engine, and reads its errors. */
import Docker from 'dockerode';

export type Engine = Docker;

/** The engine that DOCKER_HOST names, or the local one (docker-modem reads the environment). */
export const connectEngine = (): Engine => new Docker();

/** The HTTP status of an error from the engine; undefined for other errors. */
export function engineStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

/** The engine's error message. It may name paths of the host: for the journal, not for the log. */
export function engineMessage(error: unknown): string {
  if (error instanceof Error && 'json' in error) {
    const { json } = error;
    if (json !== null && typeof json === 'object' && 'message' in json) return String(json.message);
  }
  return error instanceof Error ? error.message : String(error);
}
