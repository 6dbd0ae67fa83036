/** Packages whose build makes no pages: libraries, command-line programs, and servers that nothing starts. */
import { listed } from '@appflux/protocol';
import type { PackageJson } from '../../package-json.ts';
import { joinPath, type SourceTree } from '../../tree.ts';
import type { Refusal } from '../rule.ts';
import { bundlesOnly, compilesOnly, programsOf } from './build-programs.ts';
import type { PackagedFolder } from './packaged-site.ts';
import { serverPackageOf } from './servers/program-site.ts';

/** Folders whose pages are not the project's own. */
const OTHERS_PAGES =
  /(?:^|\/)(?:node_modules|tests?|__tests__|spec|e2e|examples?|demos?|fixtures?|coverage|benchmarks?|docs?|website|playgrounds?|templates?|packages|apps)\//;

/**
 * Why a package is no site: its build only compiles modules, or it bundles what it offers to other packages. Null if the
 * build may make pages.
 */
export function libraryIn({ tree, folder, pkg }: PackagedFolder): Refusal | null {
  if (hasPages(tree, folder)) return null;
  const programs = programsOf(pkg.scripts);
  const compiles = compilesOnly(programs);
  const bundles = bundlesOnly(programs);
  const offersMore = pkg.types !== null || (programs.length === 0 && isOffered(pkg));
  if (!compiles && !(bundles && isOffered(pkg)) && !offersMore) return null;
  const path = joinPath(folder, 'package.json');
  const server = serverPackageOf(pkg);
  if (server !== null && pkg.scripts.start !== undefined) {
    return {
      refusal: `${path} depends on ${server.name}, a server, but its start script runs no file that AppFlux knows.`,
      hint: 'Let the script "start" run the server’s main file, as in "node dist/index.js". If a subfolder has a front end, set it as the root directory.',
      searchBelow: true,
    };
  }
  const why =
    compiles || bundles
      ? `the build script of ${path} runs ${listed(programs, 4)}`
      : `${path} offers ${pkg.types === null ? 'modules' : 'types'} to other packages`;
  return {
    refusal: `This is a library or a program, not a site: ${why}, and the source has no page.`,
    hint: 'If the build creates a site, set outputs in the app or in appflux.json to its folder. If a subfolder has a site, set it as the root directory.',
    searchBelow: true,
    isLibrary: true,
  };
}

/** A package that others install beside a framework, by what it expects of them; null for anything else. */
export function pluginIn({ tree, folder, pkg }: PackagedFolder, dependency: string | null): Refusal | null {
  const isPeer = dependency !== null && pkg.peerDependencies[dependency] !== undefined;
  if (!isPeer || hasPages(tree, folder)) return null;
  return {
    refusal: `This is a package for projects of ${dependency}, not a site: ${joinPath(folder, 'package.json')} has ${dependency} in peerDependencies.`,
    hint: 'If a subfolder has a site, such as its documentation, set it as the root directory.',
    searchBelow: true,
    isLibrary: true,
  };
}

/** Whether other packages can import or run what the build makes. */
const isOffered = (pkg: PackageJson): boolean => {
  const isBuilt = (file: string | null) =>
    /^(?:\.\/)?(?:dist|lib|build|out|es|esm|cjs|bin)\//.test(file ?? '');
  const named = isBuilt(pkg.main) || isBuilt(pkg.module) || isBuilt(pkg.types) || isBuilt(pkg.bin);
  return !pkg.private && (named || pkg.exports);
};

/** Whether a folder has a page of its own. */
function hasPages(tree: SourceTree, folder: string): boolean {
  const prefix = folder === '' ? '' : `${folder}/`;
  return tree
    .files()
    .some(
      (path) =>
        path.startsWith(prefix) && /\.html?$/i.test(path) && !OTHERS_PAGES.test(path.slice(prefix.length)),
    );
}
