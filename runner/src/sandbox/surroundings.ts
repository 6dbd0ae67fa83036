/** Mounts and variables around a build, contributed by network, cache, toolchain and files. Pure. */
import type { MountSettings } from 'dockerode';

export interface Surroundings {
  readonly mounts: readonly MountSettings[];
  /** Variables that an app may overrule. */
  readonly suggested: Readonly<Record<string, string>>;
  /** Variables that an app's own do not win over. */
  readonly environment: Readonly<Record<string, string>>;
  /** Parameters of the image's entry script. */
  readonly entry: Readonly<Record<string, string>>;
}

/** Variables that are lists of options: several subjects may have something to add. */
export const LISTS: ReadonlySet<string> = new Set(['GRADLE_OPTS']);

/** All of them together; of two that say the same variable, the later one wins, or is added where it is a list. */
export function joined(parts: readonly Surroundings[]): Surroundings {
  return {
    mounts: parts.flatMap(({ mounts }) => mounts),
    suggested: merged(parts.map(({ suggested }) => suggested)),
    environment: merged(parts.map(({ environment }) => environment)),
    entry: merged(parts.map(({ entry }) => entry)),
  };
}

function merged(layers: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, value] of layers.flatMap((layer) => Object.entries(layer))) {
    const before = LISTS.has(name) ? all[name] : undefined;
    all[name] = before === undefined ? value : `${before} ${value}`;
  }
  return all;
}
