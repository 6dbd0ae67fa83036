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
  const named = images.flatMap(({ RepoTags, Created }) =>
    // Tags are missing while an image is replaced.
    (RepoTags ?? []).map((tag) => ({
      name: imageKind(tag).slice(0, 60),
      createdAt: new Date(Created * 1000).toISOString(),
    })),
  );
  return {
    node: process.version,
    docker: docker.slice(0, 40),
    images: named.sort((one, other) => (one.name < other.name ? -1 : 1)).slice(0, MOST_IMAGES),
  };
}
