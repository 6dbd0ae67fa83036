/**
 * What electron-updater's generic provider reads: a YAML file per system (and, on Linux, per processor) with the newest
 * version and its files. Source: https://www.electron.build/auto-update and electron-updater's types of UpdateInfo. Pure.
 */
import type { ElectronFeed } from '@appflux/protocol';
import { stringify } from 'yaml';
import type { FeedFile, FeedRelease } from '../release.ts';

/**
 * Channels that electron-updater asks for by default. An App has one release, so all channels have the same: an installed
 * prerelease gets it once it is newer.
 */
const FEED_NAME = /^(?:latest|beta|alpha)(?:-(mac)|-(linux)(?:-([a-z0-9]{1,20}))?)?\.yml$/;

/** The feed that a file name asks for; null if it asks for none. On Linux, a name without a processor means x64. */
export function feedNamed(name: string): ElectronFeed | null {
  const match = FEED_NAME.exec(name);
  if (match === null) return null;
  const [, mac, linux, processor = 'x64'] = match;
  if (linux !== undefined) return `linux-${processor}`;
  return mac === undefined ? 'windows' : 'mac';
}

/** What a feed says. Absent members are left out of its text. */
export interface UpdateInfo {
  readonly version: string;
  readonly files: readonly {
    readonly url: string;
    readonly sha512: string;
    readonly size: number;
    readonly blockMapSize?: number | undefined;
    readonly isAdminRightsRequired?: boolean | undefined;
  }[];
  /** The first file again, for clients before version 2. */
  readonly path: string;
  readonly sha512: string;
  readonly releaseDate: string;
  readonly releaseNotes?: string | undefined;
  readonly minimumSystemVersion?: string | undefined;
}

/** Why a release has no feed. */
export type NoFeed = 'no files' | 'no sha512' | 'no version';

/** What a feed says of a release. */
export function updateInfo(release: FeedRelease, feed: ElectronFeed): UpdateInfo | NoFeed {
  const candidates = filesFor(release.files, feed);
  if (candidates.length === 0) return 'no files';
  const files = candidates.flatMap((file) =>
    file.facts.sha512 === undefined ? [] : [{ ...file, sha512: file.facts.sha512 }],
  );
  const [first] = files;
  if (first === undefined) return 'no sha512';
  // What the app calls itself: with another version here, an installed app would update to itself again and again.
  const version = first.version ?? release.version;
  if (version === null) return 'no version';
  return {
    version,
    files: files.map(({ url, sha512, size, facts: { blockMapSize, isAdminRightsRequired } }) => ({
      url,
      sha512,
      size,
      blockMapSize,
      isAdminRightsRequired,
    })),
    path: first.url,
    sha512: first.sha512,
    releaseDate: release.date,
    releaseNotes: release.notes ?? undefined,
    minimumSystemVersion: first.facts.minimumSystemVersion,
  };
}

/** The files of a feed: those that the build's own `latest*.yml` lists, if it has one; else by their names. */
function filesFor(files: readonly FeedFile[], feed: ElectronFeed): FeedFile[] {
  const listed = files.filter(({ facts }) => facts.updateFeed === feed);
  const found = listed.length > 0 ? listed : files.filter((file) => isFor(file, feed));
  // The first of a kind is what clients of an unknown processor get.
  return found.sort((a, b) => kindRank(a, feed) - kindRank(b, feed) || archRank(a) - archRank(b));
}

const LINUX_KINDS = ['.appimage', '.deb', '.rpm', '.pacman'];
const MAC_KINDS = ['.zip', '.dmg'];
const WINDOWS_KINDS = ['.exe'];

const kindsOf = (feed: ElectronFeed): readonly string[] =>
  feed === 'windows' ? WINDOWS_KINDS : feed === 'mac' ? MAC_KINDS : LINUX_KINDS;

const kindRank = ({ name }: FeedFile, feed: ElectronFeed): number =>
  kindsOf(feed).findIndex((ending) => name.toLowerCase().endsWith(ending));

function isFor(file: FeedFile, feed: ElectronFeed): boolean {
  if (file.facts.updateFeed !== undefined || kindRank(file, feed) === -1) return false;
  if (feed === 'windows') return true;
  if (feed === 'mac') return file.platform === 'macos';
  return feed === `linux-${processorOf(file)}`;
}

/** `process.arch` of the systems that a file is for. electron-builder leaves x64 out of names. */
const processorOf = ({ arch }: FeedFile): string => (arch === 'armv7l' ? 'arm' : (arch ?? 'x64'));

const ARCHES = [null, 'universal', 'x64', 'ia32'];

function archRank({ arch }: FeedFile): number {
  const rank = ARCHES.indexOf(arch);
  return rank === -1 ? ARCHES.length : rank;
}

/** The text of a feed. Times are quoted, because the client's YAML 1.1 would read them as dates. */
export const feedText = (info: UpdateInfo): string =>
  stringify(info, { schema: 'yaml-1.1', lineWidth: 0, keepUndefined: false, aliasDuplicateObjects: false });
