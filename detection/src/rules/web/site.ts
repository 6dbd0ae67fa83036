/** What the rules for single frameworks are given, and what they answer. */
import type { ServerPlan } from '@appflux/protocol';
import {
  blockAt,
  isSet,
  isSwitchedOff,
  isSwitchedOn,
  maySet,
  textSetting,
  withoutComments,
} from '../../config-text.ts';
import { allDependencies, type PackageJson, type Texts } from '../../package-json.ts';
import type { Reason } from '../../reason.ts';
import { insidePath, joinPath, type SourceTree } from '../../tree.ts';
import type { Refusal, ServerUse } from '../rule.ts';
import { whatRuns } from '../script-calls.ts';
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
  /** Set where the site is published with its server. */
  readonly server?: ServerPlan;
  readonly reasons?: readonly Reason[];
}

export type FrameworkRule = (site: Site) => Output | Refusal;

const EXTENSIONS = ['ts', 'js', 'mjs', 'cjs', 'mts', 'cts'];

/** Where a site is, and what the settings say of it. */
export interface SitePlace {
  readonly tree: SourceTree;
  /** Relative to the source's top. */
  readonly folder: string;
  readonly pkg: PackageJson;
  readonly servers: ServerUse;
  readonly command: string | null;
}

/** One folder with a package.json, and the framework in it. */
export class Site {
  readonly tree: SourceTree;
  /** The folder, relative to the source's top. */
  readonly folder: string;
  readonly pkg: PackageJson;
  readonly framework: KnownFramework;
  readonly servers: ServerUse;
  /** The build command that the settings name, or null. */
  readonly #command: string | null;

  constructor(place: SitePlace, framework: KnownFramework) {
    this.tree = place.tree;
    this.folder = place.folder;
    this.pkg = place.pkg;
    this.servers = place.servers;
    this.#command = place.command;
    this.framework = framework;
  }

  get dependencies(): Texts {
    return allDependencies(this.pkg);
  }

  /** What builds it: the text of the build script, or of the command that the settings name and the script it runs. */
  get buildScript(): string {
    if (this.#command === null) return whatRuns(this.pkg.scripts, 'build');
    const script = /\brun (?:--\S+ )*([\w:.-]+)|^(?:yarn|pnpm) ([\w:.-]+)$/.exec(this.#command);
    return `${this.#command}\n${this.pkg.scripts[script?.[1] ?? script?.[2] ?? ''] ?? ''}`;
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
    return configIn(this.tree, this.folder, ...names);
  }
}

/** The configuration files of these names in a folder. */
export function configIn(tree: SourceTree, folder: string, ...names: readonly string[]): Config {
  const files = names.flatMap((name) => EXTENSIONS.map((extension) => `${name}.${extension}`));
  const path = tree.firstFile(folder, files);
  return new Config(path, path === null ? '' : (tree.text(path) ?? ''));
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

  isOn(key: string): boolean {
    return isSwitchedOn(this.#text, key);
  }

  isSet(key: string): boolean {
    return isSet(this.#text, key);
  }

  /** Whether the object that a key is set to says `enabled: false`. */
  isDisabled(key: string): boolean {
    return new RegExp(String.raw`(?<![\w$])${key}\s*:\s*\{[^{}]{0,500}\benabled\s*:\s*false`).test(
      this.#text,
    );
  }

  /** What the object holds that a key is set to, as a configuration; null where it is none. */
  block(key: string): Config | null {
    const block = blockAt(this.#text, key);
    return block === null ? null : new Config(this.path, block);
  }

  /** The same without the list that a key is set to, such as that of plugins with settings of their own. */
  without(key: string): Config {
    const list = blockAt(this.#text, key);
    return list === null
      ? this
      : new Config(
          this.path,
          this.#text.replace(list, () => ''),
        );
  }

  /** Its text, without comments. */
  get source(): string {
    return this.#text;
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
