/** The facts that a builder image has about itself. */
import { parseEgressFile } from './egress/index.ts';
import type { Engine } from './engine.ts';
import { EGRESS_FILE, NPM_REGISTRY_FILE, readImageFile, VERSIONS_FILE } from './image-file.ts';

export interface ImageFacts {
  /** The hosts that a build in it may connect to. */
  readonly hosts: readonly string[];
  readonly npmRegistry: URL | null;
  /** Versions by tool. */
  readonly tools: Readonly<Record<string, string>>;
}

/** An image never changes under its id, so it is asked once. */
const factsById = new Map<string, Promise<ImageFacts>>();

/** The facts of the image with this id. Takes three short-lived containers the first time. */
export function imageFacts(engine: Engine, runnerId: string, imageId: string): Promise<ImageFacts> {
  const known = factsById.get(imageId);
  if (known !== undefined) return known;
  const reading = readFacts(engine, runnerId, imageId);
  factsById.set(imageId, reading);
  // A failure is not remembered: the next build asks again.
  reading.catch(() => factsById.delete(imageId));
  return reading;
}

async function readFacts(engine: Engine, runnerId: string, imageId: string): Promise<ImageFacts> {
  const read = (path: string) => readImageFile(engine, runnerId, imageId, path);
  const versions = ((await read(VERSIONS_FILE)) ?? '').split('\n');
  return {
    hosts: parseEgressFile((await read(EGRESS_FILE)) ?? ''),
    npmRegistry: URL.parse((await read(NPM_REGISTRY_FILE))?.trim() ?? ''),
    tools: Object.fromEntries(
      versions.flatMap((line) => {
        const [, tool, version] = /^([\w-]+)=(\S+)$/.exec(line) ?? [];
        return tool === undefined || version === undefined ? [] : [[tool, version]];
      }),
    ),
  };
}
