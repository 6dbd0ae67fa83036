/** How a build gets the package manager that its project pins. Pure. */
import semver from 'semver';
import type { PinnedManager } from './pinned-manager.ts';

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
/** A `bun` that fetches the version in this variable (builder-images/web/pinned-bun). */
const PINNED_BUN_FOLDER = '/usr/local/bun/pinned/bin';
const BUN_VERSION_VARIABLE = 'APPFLUX_BUN_VERSION';
/** Yarn 4, for projects that use Yarn 2 or later and pin none. */
const YARN_4_FOLDER = '/usr/local/yarn/4/bin';

const NOTHING: ManagerChoice = { folders: [], note: null };

export interface ManagerFacts {
  readonly pin: PinnedManager | null;
  /** The project uses Yarn 2 or later. */
  readonly isBerry: boolean;
  readonly image: ImageTools;
  /** Whether the build can fetch anything. */
  readonly online: boolean;
}

/**
 * The image's own where it is the version that is pinned, else the pinned one through Corepack, or, for Bun, through the
 * image's own way to fetch it. Yarn of a repository
 * (`yarnPath`) needs nothing: Yarn 1 hands over to it.
 */
export function choosePinnedManager({ pin, isBerry, image, online }: ManagerFacts): ManagerChoice {
  if (pin === null) return isBerry && image['yarn-4'] !== undefined ? yarn4(image['yarn-4']) : NOTHING;
  const { name, version } = pin;
  if (image[name] === version) return NOTHING;
  if (name === 'yarn' && image['yarn-4'] === version) return { folders: [YARN_4_FOLDER], note: null };
  if (name === 'bun') return pinnedBun(pin, image, online);
  if (image.corepack === undefined || !online) {
    const why = online ? 'the image has no Corepack' : 'builds have no network here';
    return {
      folders: [],
      note: `The project pins ${name} ${version}, but ${why}. Using the version in the image.`,
    };
  }
  return {
    folders: [COREPACK_FOLDER],
    note: `Downloading ${name} ${version}, pinned by packageManager.`,
  };
}

const yarn4 = (version: string): ManagerChoice => ({
  folders: [YARN_4_FOLDER],
  note: `Using Yarn ${version} from the image. To pin a version, set packageManager in package.json.`,
});

/** Corepack knows no Bun, so the image fetches it by itself; where that cannot be, it is said how far its own is from it. */
function pinnedBun({ version, by }: PinnedManager, image: ImageTools, online: boolean): ManagerChoice {
  const own = image.bun;
  if (image['pinned-bun'] !== undefined && online) {
    return {
      folders: [PINNED_BUN_FOLDER],
      environment: { [BUN_VERSION_VARIABLE]: version },
      note: `Downloading Bun ${version}, pinned by ${by}.`,
    };
  }
  if (own === undefined)
    return { folders: [], note: `The project pins Bun ${version}, but the image has no Bun.` };
  const near = semver.satisfies(own, `^${version}`)
    ? 'which should be compatible'
    : 'which may behave differently';
  return { folders: [], note: `The project pins Bun ${version}. The image has ${own}, ${near}.` };
}
