/** Why this runner could not take its last picture, for `doctor`: it runs in a process of its own. */
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const FILE = 'picture-failure.json';

/** The longest reason that is kept, in UTF-16 units: the end of a command's output can be long. */
const MAX_REASON = 500;

const PictureFailure = z.strictObject({ at: z.iso.datetime(), reason: z.string() });
export type PictureFailure = z.infer<typeof PictureFailure>;

/** Notes why a picture failed; with null, that one was taken since. `state` is the runner's folder. Throws errors of the disk. */
export async function notePictureFailure(
  state: string,
  reason: string | null,
  now = new Date(),
): Promise<void> {
  const path = join(state, FILE);
  if (reason === null) {
    await rm(path, { force: true });
    return;
  }
  const failure: PictureFailure = { at: now.toISOString(), reason: reason.slice(-MAX_REASON) };
  await writeFile(`${path}.new`, JSON.stringify(failure), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** The last failure; null if there is none, or a picture was taken since. Throws errors of the disk. */
export async function lastPictureFailure(state: string): Promise<PictureFailure | null> {
  let text: string;
  try {
    text = await readFile(join(state, FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    return PictureFailure.parse(JSON.parse(text));
  } catch {
    // Not JSON, or not what this version writes: someone has edited it, or a later version has written it.
    return null;
  }
}
