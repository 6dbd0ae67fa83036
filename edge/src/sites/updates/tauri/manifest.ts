/**
 * What Tauri's updater reads of a dynamic update server.
 * Source: https://v2.tauri.app/plugin/updater/#dynamic-update-server. Pure.
 */
import semver from 'semver';
import { z } from 'zod';
import type { FeedFile, FeedRelease } from '../release.ts';

/** What an app asks: its system, its processor and its version. */
export interface Asked {
  readonly target: string;
  readonly arch: string;
  readonly version: string;
  /** How it was installed (`{{bundle_type}}`), if it says so: an update of another kind would be a second installation. */
  readonly bundle: Bundle | null;
}

export const Bundle = z.enum(['appimage', 'deb', 'rpm', 'nsis', 'msi', 'app']);
export type Bundle = z.infer<typeof Bundle>;

export interface UpdateManifest {
  readonly version: string;
  readonly url: string;
  readonly signature: string;
  readonly notes: string;
  readonly pub_date: string;
}

/** `current`: there is nothing newer for this app. Otherwise why nothing can be said. */
export type Unanswerable = 'invalid version' | 'unknown target' | 'not signed' | 'no version';

/** The bundles of a system, the preferred first, by the endings of their names. */
const BUNDLES: Readonly<Record<string, readonly (readonly [ending: RegExp, bundle: Bundle])[]>> = {
  linux: [
    [/\.AppImage(?:\.tar\.gz)?$/i, 'appimage'],
    [/\.deb$/i, 'deb'],
    [/\.rpm$/i, 'rpm'],
  ],
  windows: [
    [/(?:\.exe|\.nsis\.zip)$/i, 'nsis'],
    [/\.msi(?:\.zip)?$/i, 'msi'],
  ],
  darwin: [[/\.app\.tar\.gz$/i, 'app']],
};

/** Rust's names for processors, and ours. */
const ARCHES: Readonly<Record<string, string>> = {
  x86_64: 'x64',
  i686: 'ia32',
  aarch64: 'arm64',
  armv7: 'armv7l',
};

/** The update for an app that asks. */
export function updateFor(release: FeedRelease, asked: Asked): UpdateManifest | 'current' | Unanswerable {
  const installed = semver.parse(asked.version);
  if (installed === null) return 'invalid version';
  const kinds = Object.hasOwn(BUNDLES, asked.target) ? BUNDLES[asked.target] : undefined;
  const arch = Object.hasOwn(ARCHES, asked.arch) ? ARCHES[asked.arch] : undefined;
  if (kinds === undefined || arch === undefined) return 'unknown target';
  const bundles = kinds
    .filter(([, bundle]) => asked.bundle === null || bundle === asked.bundle)
    .flatMap(([ending]) => release.files.filter((file) => ending.test(file.name) && isFor(file, arch)));
  // A release without a file for this system changes nothing there.
  if (bundles.length === 0) return 'current';
  const signed = bundles.find(({ facts }) => facts.signature !== undefined);
  if (signed?.facts.signature === undefined) return 'not signed';
  const version = signed.version ?? release.version;
  if (version === null) return 'no version';
  if (!semver.gt(version, installed)) return 'current';
  return {
    version,
    url: signed.url,
    signature: signed.facts.signature,
    notes: release.notes ?? '',
    pub_date: release.date,
  };
}

const isFor = ({ arch }: FeedFile, asked: string): boolean =>
  arch === null || arch === 'universal' || arch === asked;
