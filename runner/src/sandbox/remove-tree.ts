/** Removes folders that a build has written to. */
import { runProgram } from '../programs/run-program.ts';
import type { Engine } from './engine.ts';
import { runHelper } from './helper.ts';

/**
 * Only GNU's `rm` can be kept from leaving the file system; elsewhere nothing is ever mounted below an attempt's folder,
 * as containers and loop devices are Linux'.
 */
const REMOVE = process.platform === 'linux' ? ['-rf', '--one-file-system'] : ['-rf'];

/**
 * Removes a folder and all in it. The work is left to `rm`, which goes through a tree by file
 * descriptors: it follows no link, cannot be led astray by one put in its way, and manages paths of any depth,
 * where Node's own removal gives up at the longest path that the kernel takes.
 * @throws {ProgramFailure} when something could not be removed
 */
export async function removeTree(path: string): Promise<void> {
  await runProgram('rm', [...REMOVE, '--', path]);
}

/** Any builder image has what is needed. */
const BUILDER_IMAGES = 'appflux/*';

/**
 * Removes what a build wrote where this process is not root: those files belong to the builder's user, so a
 * container of that user takes them away.
 */
export async function emptyAsBuilder(engine: Engine, runnerId: string, path: string): Promise<void> {
  const images = await engine.listImages({ filters: { reference: [BUILDER_IMAGES] } });
  const image = images[0]?.Id;
  if (image === undefined) throw new Error('No builder image is available to remove the files of a build');
  await runHelper(engine, {
    runnerId,
    image,
    command: ['find', '/workspace', '-mindepth', '1', '-delete'],
    mounts: [{ Type: 'bind', Source: path, Target: '/workspace' }],
  });
}

/** Removes a folder that a build wrote to, with all contents, as root or not. */
export async function removeBuilt(engine: Engine, runnerId: string, path: string): Promise<void> {
  if (process.getuid?.() === 0) return removeTree(path);
  try {
    await removeTree(path);
  } catch {
    // The second try reports the error, if that fails too.
    await emptyAsBuilder(engine, runnerId, path);
    await removeTree(path);
  }
}
