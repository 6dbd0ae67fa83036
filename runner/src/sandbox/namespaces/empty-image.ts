/** An image with nothing in it, which no registry and no other image has a part in. */
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { type Engine, engineStatus } from '../engine.ts';
import { MAKER_LABEL } from './maker-spec.ts';

/** Two blocks of zeros end an archive, here before its first file (tar(5)). */
const NO_FILES = Buffer.alloc(1024);

const Imported = z.object({ status: z.string().regex(/^sha256:[0-9a-f]{64}$/) });

/**
 * Imports one without a name, with the runner's label (Docker Engine API, `POST /images/create`).
 * @returns its id
 * @throws the engine's error
 */
export async function importEmptyImage(engine: Engine, runnerId: string): Promise<string> {
  const changes = `LABEL ${MAKER_LABEL}=${runnerId}`;
  const answer = await engine.importImage(Readable.from([NO_FILES]), { changes });
  const last = (await text(answer)).trim().split('\n').at(-1) ?? '';
  return Imported.parse(JSON.parse(last)).status;
}

/** Removes an image that no container has any more. @throws the engine's error, unless it is gone */
export async function removeEmptyImage(engine: Engine, imageId: string): Promise<void> {
  try {
    await engine.getImage(imageId).remove();
  } catch (error) {
    if (engineStatus(error) !== 404) throw error;
  }
}
