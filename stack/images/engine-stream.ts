/** Streamed answers of the engine, and whether it has an image. */
import { stripVTControlCharacters } from 'node:util';
import type Dockerode from 'dockerode';

/** One piece of the engine's answer to a build, a pull or an import, as far as it is used here. */
interface Piece {
  readonly stream?: string;
  readonly status?: string;
  readonly error?: string;
}

/**
 * Reads such an answer to its end and passes on each line. @throws Error with the engine's message if the work failed
 */
export async function follow(
  engine: Dockerode,
  answer: NodeJS.ReadableStream,
  line: (text: string) => void,
): Promise<void> {
  let failure: string | null = null;
  await new Promise<void>((resolve, reject) => {
    engine.modem.followProgress(
      answer,
      (error: Error | null) => (error === null ? resolve() : reject(error)),
      (piece: Piece) => {
        // The engine sends status 200 before it starts: a failure is the last piece of the answer.
        if (piece.error !== undefined) failure = piece.error;
        const text = stripVTControlCharacters(piece.stream ?? piece.status ?? '').trim();
        if (text !== '') line(text);
      },
    );
  });
  if (failure !== null) throw new Error(failure);
}

/** Whether an error is the engine's 404. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'statusCode' in error && error.statusCode === 404;
}

/** An image's id, labels and size (bytes, all its layers), or null if the engine does not have it. */
export async function inspectImage(
  engine: Dockerode,
  name: string,
): Promise<{ id: string; labels: Record<string, string>; size: number } | null> {
  try {
    const found = await engine.getImage(name).inspect();
    return { id: found.Id, labels: found.Config.Labels ?? {}, size: found.Size };
  } catch (error) {
    if (isNotFound(error)) return null;
    throw error;
  }
}

/** Whether the engine has an image. */
export async function hasImage(engine: Dockerode, name: string): Promise<boolean> {
  return (await inspectImage(engine, name)) !== null;
}
