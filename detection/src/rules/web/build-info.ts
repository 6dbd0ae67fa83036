/** Asks @netlify/build-info which web framework a folder holds. */
import { FileSystem, getFramework, Project } from '@netlify/build-info';
import type { PackageJson } from '../../package-json.ts';

/** What build-info knows of a framework that it found. */
export interface KnownFramework {
  readonly id: string;
  readonly name: string;
  /**
   * The framework's own build command, without a package manager, such as `vite build`; null for one that has
   * none.
   */
  readonly buildCommand: string | null;
  /** The folder that the framework writes to by default; null for one that writes no site. */
  readonly directory: string | null;
  /** The dependency by which it was recognized, or null if by a file. */
  readonly dependency: string | null;
  readonly version: string | null;
  /** The file by which it was recognized, or null. */
  readonly file: string | null;
  /** Whether it runs on a server. */
  readonly isBackend: boolean;
}

/** A folder as build-info sees it: its names, and a package.json that holds nothing unexpected. */
export interface FolderView {
  readonly names: readonly string[];
  readonly pkg: PackageJson | null;
}

const PACKAGE_JSON = 'package.json';

/**
 * The names that any framework may ask for, so that a folder of many thousand files costs no more than
 * another.
 */
const ASKED = /^[.\w-]{1,60}\.(?:[cm]?[jt]s|json|toml|ya?ml|rb)$/;
const MAX_NAMES = 1_000;

/**
 * A file system of one folder and nothing above or below it. build-info walks up to parents, reads what it
 * finds and takes any shape for granted; here it finds no file with contents but a package.json that was
 * parsed before.
 */
class FolderFileSystem extends FileSystem {
  readonly #names: readonly string[];
  readonly #packageJson: string | null;

  constructor(view: FolderView) {
    super();
    const asked = view.names.filter((name) => ASKED.test(name) && name !== PACKAGE_JSON).slice(0, MAX_NAMES);
    this.#names = view.pkg === null ? asked : [PACKAGE_JSON, ...asked];
    this.#packageJson = view.pkg === null ? null : JSON.stringify({ ...view.pkg, workspaces: undefined });
    this.cwd = '/';
    const quiet = () => undefined;
    this.logger = { debug: quiet, log: quiet, info: quiet, warn: quiet, error: quiet };
  }

  getEnvironment() {
    // In a browser it looks into no node_modules. The type is a const enum, which cannot be imported as a
    // value.
    return 'browser' as ReturnType<FileSystem['getEnvironment']>;
  }

  isAbsolute(path: string): boolean {
    return path.startsWith('/');
  }

  resolve(...paths: string[]): string {
    const path = this.join(...paths);
    return this.isAbsolute(path) ? path : this.join(this.cwd, path);
  }

  async fileExists(path: string): Promise<boolean> {
    return this.#names.includes(this.resolve(path).slice(1));
  }

  async readDir(path: string): Promise<string[]>;
  async readDir(path: string, withFileTypes: true): Promise<Record<string, 'directory' | 'file'>>;
  async readDir(
    path: string,
    withFileTypes?: true,
  ): Promise<Record<string, 'directory' | 'file'> | string[]> {
    const names = this.resolve(path) === '/' ? [...this.#names] : [];
    if (!withFileTypes) return names;
    return Object.fromEntries(names.map((name) => [name, 'file' as const]));
  }

  async readFile(path: string): Promise<string> {
    if (this.resolve(path) === `/${PACKAGE_JSON}` && this.#packageJson !== null) return this.#packageJson;
    throw new Error(`${path} is not available to build-info`);
  }
}

const projectOf = (view: FolderView): Project =>
  // Without a report function of ours it would report to a service of its maker's.
  new Project(new FolderFileSystem(view), '/', '/').setReportFn(() => undefined);

type BuildInfoFramework = Awaited<ReturnType<typeof getFramework>>;

/**
 * build-info's Accuracy.ConfigOnly. Below it, a file spoke for a framework whose package is no dependency.
 */
const BY_FILE_ALONE = 3;

/** The frameworks of a folder, the most telling first. */
export async function detectFrameworks(view: FolderView): Promise<KnownFramework[]> {
  const found = await projectOf(view).detectFrameworksInPath('/');
  return (
    found
      // `app.json`, `config.json` or `vite.config.ts` alone say nothing: build-info takes them for Expo,
      // Wintersmith and Remix.
      .filter(({ detected }) => detected.accuracy >= BY_FILE_ALONE)
      .map(describe)
  );
}

/**
 * What came of looking a framework up by name: it, or all names there are, or that the folder does not fit
 * it.
 */
export type NamedFramework =
  | { readonly framework: KnownFramework }
  | { readonly known: readonly string[] }
  | { readonly unfit: string };

/**
 * The framework with this id or name ("Next.js", "nextjs" and "next" are the same), whatever the folder
 * holds.
 */
export async function frameworkByName(name: string, view: FolderView): Promise<NamedFramework> {
  const known = await knownIds(view);
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '');
  const id = known.find((candidate) => [plain(candidate), `${plain(candidate)}js`].includes(plain(name)));
  if (id === undefined) return { known };
  // Some look at the version that the project depends on, and reject when it is another generation.
  const framework = await getFramework(id as FrameworkId, projectOf(view)).catch(() => null);
  return framework === null ? { unfit: id } : { framework: describe(framework) };
}

type FrameworkId = Parameters<typeof getFramework>[0];

/** build-info lists its ids only in the message about one that it does not know. */
async function knownIds(view: FolderView): Promise<string[]> {
  const message = await getFramework('' as FrameworkId, projectOf(view)).then(
    () => '',
    (error: unknown) => String(error),
  );
  return /one of: (.*)$/.exec(message)?.[1]?.split(', ') ?? [];
}

function describe(framework: BuildInfoFramework): KnownFramework {
  const { detected, build, id, name } = framework;
  return {
    id,
    name,
    buildCommand: build.command ?? null,
    directory: build.directory ?? null,
    dependency: detected.package?.name ?? null,
    version: detected.package?.version?.version ?? null,
    file: detected.configName ?? null,
    isBackend: (framework.category as string) === 'backend_framework',
  };
}
