/** How a cache gets into a container. */
import type { MountSettings } from 'dockerode';
import type { WrittenFolder } from '../sandbox/attempt-cache-folder.ts';
import { CACHE_MOUNT } from '../sandbox/container-spec.ts';

/** The kernel takes one page of mount options (mount(2)); some of it is for what the engine adds. */
const LONGEST_OPTIONS = 3900;

/** Characters that mean something in the options of an overlay, or in the engine's list of them. */
const SPECIAL = /[,:\\"\s]/;

/** Whether a folder can be named in mount options as it is. */
export const isPlainPath = (path: string): boolean => !SPECIAL.test(path);

const SAFE = 'nosuid,nodev';
/** `redirect_dir`: without it, a folder of a lower layer cannot be renamed, and tools would fail warm that work cold. */
const KIND = 'redirect_dir=on,index=off,metacopy=off,xino=off';

/** The engine's local driver mounts any configured source when a container with such a volume starts. */
function overlay(target: string, options: string): MountSettings {
  return {
    Type: 'volume',
    // No name: the engine removes an anonymous volume with its container.
    Source: '',
    Target: target,
    // The engine does not take `true` for an anonymous one; an overlay without an upper layer is read-only by itself.
    ReadOnly: false,
    VolumeOptions: {
      NoCopy: true,
      Labels: {},
      DriverConfig: { Name: 'local', Options: { type: 'overlay', device: 'overlay', o: options } },
    },
  };
}

/**
 * Layers of earlier builds, and what this build writes: the layers can only be read, and what is written goes into
 * `upper`. The overlay is mounted and unmounted by the engine, so the runner need not be root.
 * @param lower absolute paths, the newest layer first
 * @param target where it is in the container
 * @returns null when the options would be longer than the kernel takes, or a path cannot be named in them
 */
export function attemptMount(
  { upper, work }: WrittenFolder,
  lower: readonly string[],
  target: string = CACHE_MOUNT,
): MountSettings | null {
  if (![...lower, upper].every(isPlainPath)) return null;
  const options = `${SAFE},lowerdir=${lower.join(':')},upperdir=${upper},workdir=${work},${KIND}`;
  return options.length > LONGEST_OPTIONS ? null : overlay(target, options);
}

/** Where there is nothing to begin with, an overlay has nothing to do: the build writes into the folder itself. */
export function plainMount(
  { upper }: Pick<WrittenFolder, 'upper'>,
  target: string = CACHE_MOUNT,
): MountSettings {
  return { Type: 'bind', Source: upper, Target: target, BindOptions: { Propagation: 'rprivate' } };
}

/** Several layers as one folder that can only be read. */
export function mergedMount(target: string, lower: readonly string[]): MountSettings {
  return overlay(target, `${SAFE},lowerdir=${lower.join(':')},${KIND}`);
}
