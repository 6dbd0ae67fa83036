/** The interface of detection rules. Each recognizes one kind of project. */
import type { AppType, PackageManager, ServerPlan } from '@appflux/protocol';
import type { PackageJson } from '../package-json.ts';
import type { Reason } from '../reason.ts';
import type { SourceTree } from '../tree.ts';
import type { PackageAt } from '../versions/written.ts';

/**
 * Whether a project that renders on a server is published with it: where the project can be both, `wanted` prefers the
 * server. Not `declined` (the settings ask for static files), nor `unavailable` (the instance runs no servers).
 */
export type ServerUse = 'wanted' | 'possible' | 'declined' | 'unavailable';

/** The input of a rule. */
export interface Subject {
  readonly tree: SourceTree;
  /** The package.json of the root directory and of the folders above it, nearest first. */
  readonly packages: readonly PackageAt[];
  /** The manager that runs scripts. */
  readonly manager: PackageManager;
  /** The type that the app or appflux.json is set to, or null. */
  readonly type: AppType | null;
  /** The framework that the app is set to, or null. */
  readonly framework: string | null;
  /** Whether the app or appflux.json names an image of its own: then tools that ours lacks may be in it. */
  readonly hasOwnImage: boolean;
  readonly servers: ServerUse;
  /** The build command that the app or appflux.json sets, or null. */
  readonly buildCommand: string | null;
}

/** A project that a rule found. Paths are relative to the root directory. */
export interface Finding {
  readonly type: AppType;
  readonly framework: string | null;
  readonly image: string;
  /** Whether the packages of package.json have to be installed before it is built. */
  readonly needsInstall: boolean;
  /** What else than the package manager installs, where that is so. */
  readonly installCommand?: string;
  readonly buildCommand: string | null;
  readonly outputs: readonly string[];
  /** Set where the site is published with its server. */
  readonly server?: ServerPlan;
  readonly reasons: readonly Reason[];
  /** The major version of Java, and the version of Flutter, that the project asks for. */
  readonly java?: string | null;
  readonly flutter?: string | null;
  /** The version that the project's own files give, where another than package.json says it. */
  readonly version?: string | null;
  readonly elsewhere?: readonly Elsewhere[];
  /** Other sites of the same folder, by the framework that chooses each. */
  readonly also?: readonly string[];
}

/** A project in another folder of the source, which could be built instead. */
export interface Elsewhere {
  /** Relative to the source's top. */
  readonly folder: string;
  readonly type: AppType;
  readonly framework: string | null;
}

/** Why a rule that is responsible for a project cannot build it. */
export interface Refusal {
  /** A sentence. */
  readonly refusal: string;
  readonly hint: string;
  /** Whether a project in a folder below may be meant instead, such as the front end of a server. */
  readonly searchBelow?: boolean;
  /** Whether it is a package for others: then what it shows of itself can be published instead. */
  readonly isLibrary?: boolean;
  /** Where it refuses because there are several to choose from: what they are. */
  readonly elsewhere?: readonly Elsewhere[];
}

export type Outcome = Finding | Refusal | null;

export interface Rule {
  /** The ids of frameworks that an app may be set to and that this rule alone knows. */
  readonly frameworks: readonly string[];
  /** The types of app that it can make. */
  readonly types: readonly AppType[];
  /** The files it looks for, as part of a sentence. */
  readonly looksFor: string;
  /** Null when this is no project of the rule's kind. */
  find(subject: Subject): Outcome | Promise<Outcome>;
}

/** The package.json of the root directory itself, or null. */
export const ownPackage = ({ tree, packages }: Subject): PackageJson | null => {
  const first = packages[0];
  return first !== undefined && first.folder === tree.base ? first.pkg : null;
};
