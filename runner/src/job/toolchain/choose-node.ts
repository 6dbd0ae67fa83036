/** Which of an image's Nodes a build runs with. Pure. */

import { nodeRange } from '@appflux/detection';
import semver from 'semver';

/** A Node that an image has. */
export interface ImageNode {
  readonly version: string;
  /** The folder to put on PATH; null for the one that is there anyway. */
  readonly folder: string | null;
}

/** The Node that was chosen, or the range of it to fetch; `note` is a log sentence if it is not the requested version. */
export type NodeChoice =
  | { readonly node: ImageNode; readonly note: string | null }
  | { readonly fetch: string; readonly note: string }
  | { readonly missing: string };

/**
 * The Node for what a project asks for: a version, a range, or an alias of nvm.
 *
 * - The image's own, if it will do; else the newest that will.
 * - Of an exact version that is not there, the image's of the same major: majors are what breaks builds.
 * - Of a line that is too old to be there, the nearest newer one, with a warning: most such projects build with it.
 * - Of a line that is newer than all, none: what it can do may be what the project needs. It is fetched where it can be.
 */
export function chooseImageNode(asked: string, nodes: readonly ImageNode[], canFetch = false): NodeChoice {
  const own = nodes.find(({ folder }) => folder === null) ?? nodes[0];
  if (own === undefined) return { missing: 'The image has no Node.' };
  const wanted = nodeRange(asked);
  if (wanted === null) {
    return { missing: `Node ${asked} is not a valid version.` };
  }
  const newestFirst = [...nodes].sort((a, b) => semver.rcompare(a.version, b.version));
  const fits = (range: string) =>
    [own, ...newestFirst].find(({ version }) => semver.satisfies(version, range));
  const exact = fits(wanted);
  if (exact !== undefined) return { node: exact, note: null };
  const least = semver.minVersion(wanted);
  if (least === null) return { missing: `No Node version matches ${asked}.` };
  const sameMajor = fits(`${least.major}`);
  if (sameMajor !== undefined) {
    return {
      node: sameMajor,
      note: `The image doesn’t have Node ${asked}. Using ${sameMajor.version}, which has the same major version.`,
    };
  }
  const newer = newestFirst.findLast(({ version }) => semver.gt(version, least));
  const there = newestFirst.map(({ version }) => version).join(', ');
  if (newer === undefined && canFetch)
    return {
      fetch: wanted,
      note: `Downloading Node ${asked}, which the project requests; the image has ${there}.`,
    };
  if (newer === undefined)
    return { missing: `The project requests Node ${asked}, but the image has ${there}.` };
  return {
    node: newer,
    note: `The image doesn’t have Node ${asked}; it has ${there}. Using ${newer.version}, the closest newer version.`,
  };
}
