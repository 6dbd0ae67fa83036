/** Reads the branches of a server from the output of `git ls-remote --symref`. Pure. */
import { MAX_LOOK_BRANCHES } from '@appflux/protocol';

export interface Refs {
  /** Null where the server doesn't name it. */
  readonly defaultBranch: string | null;
  /** The default branch first, then in order of their names; not all, if there are many. */
  readonly branches: readonly string[];
}

/** The longest name that is passed on, in UTF-16 units. */
const NAME_LENGTH = 255;

/** Takes the output, which may be cut off anywhere: a line without its end is left out. */
export function readRefs(output: string): Refs {
  const lines = output.slice(0, output.lastIndexOf('\n') + 1).split('\n');
  const defaultBranch = first(lines, /^ref: refs\/heads\/(.+)\tHEAD$/);
  const names = lines.flatMap((line) => /^[0-9a-f]{40,64}\trefs\/heads\/(.+)$/.exec(line)?.[1] ?? []);
  const others = names.filter((name) => name !== defaultBranch);
  const branches = [...(defaultBranch === null ? [] : [defaultBranch]), ...others].filter(isShown);
  return {
    defaultBranch: defaultBranch !== null && isShown(defaultBranch) ? defaultBranch : null,
    branches: branches.slice(0, MAX_LOOK_BRANCHES),
  };
}

function first(lines: readonly string[], pattern: RegExp): string | null {
  for (const line of lines) {
    const [, found] = pattern.exec(line) ?? [];
    if (found !== undefined) return found;
  }
  return null;
}

/** A name that is no UTF-8, or has control characters, can't be chosen anyway. */
const isShown = (name: string): boolean => name.length <= NAME_LENGTH && !/[\p{Cc}\u{FFFD}]/u.test(name);
