/** What the rules for single frameworks are given, and what they answer. */
import { isSet, isSwitchedOff, maySet, textSetting, withoutComments } from '../../config-text.ts';
import { allDependencies, type PackageJson, type Texts } from '../../package-json.ts';
import type { Reason } from '../../reason.ts';
import { insidePath, joinPath, type SourceTree } from '../../tree.ts';
import type { Refusal } from '../rule.ts';
import type { KnownFramework } from './build-info.ts';

/**
 * What a framework writes: the folders in which the site may be, the likeliest first, relative to the site's
 * own folder.
 */
export interface Output {
  readonly outputs: readonly string[];
  /** The framework's own build command, where build-info's is not the right one. */
  readonly buildCommand?: string;
  /** A script of package.json that makes the site, where it is not `build`. */
  readonly script?: string;
  readonly reasons?: readonly Reason[];
}

export type FrameworkRule = (site: Site) => Output | Refusal;

const EXTENSIONS = ['ts', 'js', 'mjs', 'cjs', 'mts', 'cts'];

/** One folder with a package.json, and the framework in it. */
export class Site {
  readonly tree: SourceTree;
  /** The folder, relative to the source's top. */
  readonly folder: string;
  readonly pkg: PackageJson;
  readonly framework: KnownFramework;

  constructor(tree: SourceTree, folder: string, pkg: PackageJson, framework: KnownFramework) {
    this.tree = tree;
    this.folder = folder;
    this.pkg = pkg;
    this.framework = framework;
  }

  get dependencies(): Texts {
    return allDependencies(this.pkg);
  }

  /** The text of the build script, or ''. */
  get buildScript(): string {
    return this.pkg.scripts.build ?? '';
  }

  /** The framework's major version, if it is known. */
  get major(): number | null {
    const major = /^\d+/.exec(this.framework.version ?? '')?.[0];
    return major === undefined ? null : Number(major);
  }

  has(path: string): boolean {
    return this.tree.isFile(joinPath(this.folder, path));
  }

  /** The configuration files of these names, such as `next.config`, that there are. */
  config(...names: readonly string[]): Config {
    const files = names.flatMap((name) => EXTENSIONS.map((extension) => `${name}.${extension}`));
    const path = this.tree.firstFile(this.folder, files);
    return new Config(path, path === null ? '' : (this.tree.text(path) ?? ''));
  }
}

/** A configuration file, looked at as text; one that does not exist sets nothing. */
export class Config {
  /** Null when there is no such file. */
  readonly path: string | null;
  readonly #text: string;

  constructor(path: string | null, text: string) {
    this.path = path;
    this.#text = withoutComments(text);
  }

  text(key: string): string | null {
    return textSetting(this.#text, key);
  }

  maySet(key: string, value: string): boolean {
    return maySet(this.#text, key, value);
  }

  isOff(key: string): boolean {
    return isSwitchedOff(this.#text, key);
  }

  isSet(key: string): boolean {
    return isSet(this.#text, key);
  }

  mentions(text: string): boolean {
    return this.#text.includes(text);
  }

  /** A folder that a key names; null when it names none, or one outside the source. */
  folder(key: string): string | null {
    const named = this.text(key);
    return named === null ? null : insidePath('', named);
  }
}

/** A refusal of a project that needs a server where it would run. */
export const needsServer = (what: string, hint: string): Refusal => ({
  refusal: `${what}. AppFlux publishes static files; it doesn’t run servers.`,
  hint,
});
