/** How a build gets the version of its package manager that its project wants. Pure. */

import type { ManagerVersion } from '@appflux/detection';
import type { PackageManager } from '@appflux/protocol';
import semver from 'semver';

/** What an image has, by the names in its versions file. */
export type ImageTools = Readonly<Record<string, string>>;

export interface ManagerChoice {
  /** Folders to put on PATH. */
  readonly folders: readonly string[];
  /** A sentence for the log, or null. */
  readonly note: string | null;
  /** Environment variables for the programs in these folders. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Corepack's programs: each fetches the version that the nearest package.json pins, and checks its hash. */
const COREPACK_FOLDER = '/usr/local/corepack/bin';
/** Yarn 4, for projects that use Yarn 2 or later and pin none. */
const YARN_4_FOLDER = '/usr/local/yarn/4/bin';

/** Programs that fetch the version in the variable (builder-images/web/pinned-tool). */
const pinnedFolder = (name: PackageManager): string => `/usr/local/${name}/pinned/bin`;
const versionVariable = (name: PackageManager): string => `APPFLUX_${name.toUpperCase()}_VERSION`;

const NOTHING: ManagerChoice = { folders: [], note: null };

export interface ManagerFacts {
  readonly wanted: ManagerVersion | null;
  /** The project uses Yarn 2 or later. */
  readonly isBerry: boolean;
  readonly image: ImageTools;
  /** Whether the build can fetch anything. */
  readonly online: boolean;
}

/**
 * The image's own where it will do. Else a version that is pinned exactly comes through Corepack, and any other through
 * the image's own way to fetch it. Yarn of a repository (`yarnPath`) needs nothing: other Yarns hand over to it.
 */
export function chooseManagerOf({ wanted, isBerry, image, online }: ManagerFacts): ManagerChoice {
  const own = isBerry && image['yarn-4'] !== undefined ? yarn4(image['yarn-4']) : NOTHING;
  if (wanted === null) return own;
  const { name, version, by, isPin } = wanted;
  const fits = (tool: string) => semver.satisfies(image[tool] ?? '', version);
  if (name === 'yarn' && isBerry && fits('yarn-4')) return { ...own, note: null };
  if (fits(name)) return NOTHING;
  const note = `Downloading ${name} ${version}, requested by ${by}.`;
  if (online && isPin && name !== 'bun' && image.corepack !== undefined)
    return { folders: [COREPACK_FOLDER], note };
  if (online && image[`pinned-${name}`] !== undefined)
    return { folders: [pinnedFolder(name)], environment: { [versionVariable(name)]: version }, note };
  return { folders: own.folders, note: instead(wanted, image[isBerry ? 'yarn-4' : name], online) };
}

const yarn4 = (version: string): ManagerChoice => ({
  folders: [YARN_4_FOLDER],
  note: `Using Yarn ${version} from the image. To pin a version, set packageManager in package.json.`,
});

/** What is used where the version cannot be fetched. */
function instead({ name, version, by }: ManagerVersion, own: string | undefined, online: boolean): string {
  const wish = `${by} requests ${name} ${version}`;
  if (own === undefined) return `${wish}, but the image has no ${name}.`;
  const why = online ? 'the image can’t download it' : 'builds have no network here';
  const least = semver.minVersion(version);
  const near =
    least !== null && least.major === semver.major(own) && semver.gte(own, least)
      ? 'which should be compatible'
      : 'which may behave differently';
  return `${wish}, but ${why}. Using ${own}, ${near}.`;
}
