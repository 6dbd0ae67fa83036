/** The versions on a runner's machine. */
import type { RunnerMachine } from '@appflux/protocol';
import type { Engine } from './engine.ts';
import { imageKind } from './images.ts';

/** How many images are reported. */
const MOST_IMAGES = 12;

/** Tags of our own builder images. */
const BUILDERS = 'appflux/*-builder';

/** Versions of Node and of the engine, and our builder images with when each was made, by name. */
export async function machineOf(engine: Engine | null): Promise<RunnerMachine> {
  if (engine === null) return { node: process.version, docker: null, images: [] };
  const [{ Version: docker }, images] = await Promise.all([
    engine.version(),
    engine.listImages({ filters: { reference: [BUILDERS] } }),
  ]);
  return { node: process.version, docker: docker.slice(0, 40), images: newestImages(images) };
}

/** The newest image of each kind, by name. Pure. `Created` is in Unix seconds. */
export function newestImages(
  images: readonly { readonly RepoTags?: readonly string[] | null | undefined; readonly Created: number }[],
): RunnerMachine['images'] {
  const newest = new Map<string, number>();
  // Tags are missing while an image is replaced.
  for (const { RepoTags, Created } of images) {
    for (const tag of RepoTags ?? []) {
      const name = imageKind(tag).slice(0, 60);
      newest.set(name, Math.max(Created, newest.get(name) ?? 0));
    }
  }
  return [...newest]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .slice(0, MOST_IMAGES)
    .map(([name, created]) => ({ name, createdAt: new Date(created * 1000).toISOString() }));
}
