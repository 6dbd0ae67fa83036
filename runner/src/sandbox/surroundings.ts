/** What a build is surrounded with: each subject (network, cache, files) says what it adds. Pure. */
import type { MountSettings } from 'dockerode';

export interface Surroundings {
  readonly mounts: readonly MountSettings[];
  /** Variables that an App may overrule. */
  readonly suggested: Readonly<Record<string, string>>;
  /** Variables that an App's own do not win over. */
  readonly environment: Readonly<Record<string, string>>;
  /** Orders to the image's entry. */
  readonly entry: Readonly<Record<string, string>>;
}

/** All of them together; of two that say the same variable, the later one wins. */
export function joined(parts: readonly Surroundings[]): Surroundings {
  return {
    mounts: parts.flatMap(({ mounts }) => mounts),
    suggested: Object.assign({}, ...parts.map(({ suggested }) => suggested)),
    environment: Object.assign({}, ...parts.map(({ environment }) => environment)),
    entry: Object.assign({}, ...parts.map(({ entry }) => entry)),
  };
}
