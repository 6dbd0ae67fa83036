/** Which Flutter a build runs with. Pure. */
import semver from 'semver';
import type { ImageTools } from './choose-manager.ts';

export interface FlutterFacts {
  /** A version (as FVM writes it also with a channel, `3.35.1@beta`), a range, or a channel. */
  readonly asked: string;
  readonly image: ImageTools;
  /** Whether the build can fetch anything. */
  readonly online: boolean;
}

/** What the image has to fetch, null for nothing; `note` is a log sentence if it is not the requested version. */
export type FlutterChoice =
  | { readonly fetch: string | null; readonly note: string | null }
  | { readonly missing: string };

/** Branches of Flutter's repository that have no releases. */
const UNRELEASED = new Set(['master', 'main', 'dev']);

/**
 * The image's own where it will do, which it does for the channel `stable`; else the image of the official SDK fetches the
 * release. Where nothing can be fetched, the image's own is used for an older one, with a warning; for a newer one there
 * is none, since what it can do may be what the project needs.
 */
export function chooseFlutter({ asked, image, online }: FlutterFacts): FlutterChoice {
  const own = image.flutter;
  if (own === undefined) return { fetch: null, note: null };
  const wanted = asked.trim();
  if (UNRELEASED.has(wanted)) {
    return {
      missing: `The project requests the Flutter channel ${wanted}, which has no releases to download.`,
    };
  }
  const isChannel = wanted === 'stable' || wanted === 'beta';
  const range = isChannel ? null : semver.validRange(wanted.split('@')[0], { loose: true });
  if (!isChannel && range === null) return { missing: `Flutter ${wanted} is not a valid version.` };
  if (wanted === 'stable' || (range !== null && semver.satisfies(own, range)))
    return { fetch: null, note: null };
  if (image.variant === 'official' && online) {
    return {
      fetch: wanted,
      note: `Downloading Flutter ${wanted}, which the project requests; the image has ${own}.`,
    };
  }
  const there = `the image has ${own} and can’t download others`;
  const least = range === null ? null : semver.minVersion(range);
  if (least !== null && semver.gt(least, own))
    return { missing: `The project requests Flutter ${wanted}, but ${there}.` };
  return { fetch: null, note: `The project requests Flutter ${wanted}, but ${there}. Using ${own}.` };
}
