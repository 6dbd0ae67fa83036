/** Puts many layers together into one. */
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../sandbox/engine.ts';
import { runHelper } from '../sandbox/helper.ts';
import { measureTree } from './measure.ts';
import { mergedMount } from './mount.ts';

export interface Packing {
  readonly engine: Engine;
  readonly runnerId: string;
  /** Any builder image: it has `cp`. */
  readonly image: string;
  /** Absolute paths, the newest layer first. */
  readonly lower: readonly string[];
  /** A folder that is not there yet; the packed layer is made in it. */
  readonly into: string;
  readonly signal: AbortSignal;
}

const MERGED = '/merged';
const INTO = '/into';
const LAYER = 'layer';

/**
 * Copies what the layers are together, in a container of the builder's user: only the kernel knows how an overlay's
 * layers add up, and what lies in them is none of the runner's to open.
 * @returns the new layer's folder, and its size in bytes
 */
export async function packLayers(packing: Packing): Promise<{ path: string; bytes: number }> {
  const { engine, runnerId, image, lower, into, signal } = packing;
  await mkdir(into, { recursive: true, mode: 0o700 });
  // Whatever the umask: the builder's user has to get in. The state folder above is this user's alone.
  await chmod(into, 0o777);
  const code = await runHelper(
    engine,
    {
      runnerId,
      image,
      command: ['cp', '-a', MERGED, `${INTO}/${LAYER}`],
      mounts: [mergedMount(MERGED, lower), { Type: 'bind', Source: into, Target: INTO }],
      memoryBytes: 512 * 1024 ** 2,
    },
    signal,
  );
  if (code !== 0) throw new Error(`cp ended with exit code ${code}`);
  const path = join(into, LAYER);
  const measured = await measureTree({ engine, runnerId, image, path, signal });
  if (measured === null) throw new Error('The packed layer could not be measured');
  return { path, bytes: measured.bytes };
}
