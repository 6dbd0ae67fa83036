/** Sites with a package.json. */
import type { PackageManager } from '@appflux/protocol';
import { WEB_IMAGE } from '../../images.ts';
import { allDependencies, type PackageJson } from '../../package-json.ts';
import { because, type Reason } from '../../reason.ts';
import { insidePath, joinPath, type SourceTree } from '../../tree.ts';
import type { Finding, Refusal, ServerUse, Subject } from '../rule.ts';
import { whatRuns } from '../script-calls.ts';
import { chooseBuild, outputOption } from './build-command.ts';
import { detectFrameworks, type FolderView, type KnownFramework } from './build-info.ts';
import { byDefault, FRAMEWORK_RULES } from './frameworks/index.ts';
import { unlistedIn } from './frameworks/unlisted.ts';
import { pwaReason } from './pwa.ts';
import { wranglerIn, wranglerRefusal } from './servers/wrangler.ts';
import { configIn, type Output, Site } from './site.ts';
import { likelyOutputs } from './static-files.ts';

/** A folder with a package.json, seen from the root directory where its build runs. */
export interface PackagedFolder {
  readonly tree: SourceTree;
  /** Relative to the source's top. */
  readonly folder: string;
  /** The folder, relative to the root directory: '' unless it is a package of a workspace. */
  readonly within: string;
  readonly pkg: PackageJson;
  readonly manager: PackageManager;
  readonly servers: ServerUse;
  /** The build command that the settings name, or null. */
  readonly command: string | null;
}

/** A folder of the subject with a package.json; '' is the root directory. */
export const placeIn = (
  { tree, manager, servers, buildCommand: command }: Subject,
  within: string,
  pkg: PackageJson,
): PackagedFolder => ({ tree, folder: joinPath(tree.base, within), within, pkg, manager, servers, command });

/**
 * The framework in a folder, or null. Of several, the one whose command the build script runs; one for
 * servers comes last.
 */
export async function frameworkIn(view: FolderView): Promise<KnownFramework | null> {
  const found = await detectFrameworks(view);
  const script = view.pkg === null ? '' : whatRuns(view.pkg.scripts, 'build');
  const unlisted = unlistedIn(view.pkg, script);
  const sites = [
    ...found.filter(({ dependency, isBackend }) => dependency !== null && !isBackend),
    ...(unlisted === null ? [] : [unlisted]),
  ];
  const called = sites.find(({ buildCommand }) => buildCommand !== null && script.includes(buildCommand));
  return called ?? sites[0] ?? found.find(({ isBackend }) => isBackend) ?? null;
}

/**
 * The framework of a package in a workspace that only the workspace's top depends on; null unless a script of the
 * package calls it, as the top lists what all of its packages use.
 */
export async function frameworkFromAbove(
  { names, pkg }: FolderView,
  above: readonly PackageJson[],
): Promise<KnownFramework | null> {
  if (pkg === null || above.length === 0 || pkg.scripts.build === undefined) return null;
  const dependencies = Object.assign({}, ...above.map(allDependencies), pkg.dependencies);
  const scripts = Object.values(pkg.scripts).join('\n');
  const hoisted = await frameworkIn({ names, pkg: { ...pkg, dependencies } });
  return hoisted?.buildCommand != null && scripts.includes(hoisted.buildCommand) ? hoisted : null;
}

/** Why a framework of the workspace's top is a package's. */
export const whyHoisted = ({ name }: KnownFramework): string =>
  `Framework: ${name}, because the build script runs it.`;

/** What a package.json with this framework builds. */
export function findingFor(place: PackagedFolder, framework: KnownFramework, why: string): Finding | Refusal {
  const { folder, within, pkg, manager } = place;
  const site = new Site(place, framework);
  const output = (FRAMEWORK_RULES.get(framework.id) ?? byDefault)(site);
  if ('refusal' in output) return output;
  const build = chooseBuild(pkg.scripts, framework, output, manager, within);
  if (build === null) {
    return {
      refusal: `${joinPath(folder, 'package.json')} depends on ${framework.name} but has no build script.`,
      hint: 'Add a "build" script to package.json, or set a build command in the app or in appflux.json.',
    };
  }
  const { outputs, reasons } = outputsOf(output, build.script, framework);
  const all = [because('framework', why), ...reasons, build.reason];
  const finding = finishSite(place, framework.id, build.command, outputs, all);
  if (output.server === undefined) return finding;
  const wrangler = wranglerIn(place.tree, folder);
  const refusal = wrangler === null ? null : wranglerRefusal(wrangler, output.server.kind);
  if (refusal !== null) return refusal;
  return { ...finding, server: { ...output.server, ...(within !== '' && { folder: within }) } };
}

/** What a package.json without a framework that is known builds: nothing, unless it has a build script. */
export function findingForScript(place: PackagedFolder): Finding | null {
  const { tree, folder, within, pkg, manager } = place;
  const build = chooseBuild(pkg.scripts, null, {}, manager, within);
  if (build === null) return null;
  const option = siteAround(place, outputOption(build.script, null) ?? bundlerOutput(place));
  const outputs = option === null ? likelyOutputs(tree, folder) : [option];
  const where =
    option === null
      ? `Output: the first of ${outputs.join(', ')} that the build creates, because no setting names the output folder.`
      : `Output: ${option}, from the build script.`;
  return finishSite(place, null, build.command, outputs, [
    because('framework', 'Framework: none that AppFlux supports; package.json has a build script.'),
    build.reason,
    because('output', where),
  ]);
}

/** Where the configuration of a bundler says that it writes; null where it computes it. */
function bundlerOutput(place: PackagedFolder): string | null {
  const { tree, folder, pkg } = place;
  const script = whatRuns(pkg.scripts, 'build');
  const name = ['rollup', 'webpack', 'rspack'].find((program) => new RegExp(`\\b${program}\\b`).test(script));
  if (name === undefined) return null;
  const config = configIn(tree, folder, `${name}.config`);
  const file = config.text('file');
  const written =
    config.text('dir') ?? (file?.includes('/') === true ? file.slice(0, file.lastIndexOf('/')) : null);
  const resolved =
    /\bpath:\s*(?:path\.)?(?:resolve|join)\(\s*__dirname\s*,\s*["']([^"'\n]{1,200})["']\s*\)/.exec(
      config.source,
    );
  const named = name === 'rollup' ? written : (resolved?.[1] ?? null);
  return named === null ? null : insidePath('', named) || null;
}

/** The folder with the page around what a bundler writes, such as `public` around `public/build`. */
function siteAround({ tree, folder }: PackagedFolder, written: string | null): string | null {
  const parts = written?.split('/') ?? [];
  for (let length = parts.length; length > 0; length -= 1) {
    const around = parts.slice(0, length).join('/');
    if (tree.isFile(joinPath(folder, around, 'index.html'))) return around;
  }
  return written;
}

/** Where the site will be: where the build script says, else where the framework's rule says. */
function outputsOf(output: Output, script: string, framework: KnownFramework) {
  const reasons = output.reasons ?? [];
  if (output.server !== undefined) return { outputs: output.outputs, reasons };
  const option = outputOption(script, framework);
  if (option !== null) {
    // Angular puts the browser's files one folder below the configured one.
    const outputs = framework.id === 'angular' ? [joinPath(option, 'browser'), option] : [option];
    const others = reasons.filter(({ about }) => about !== 'output');
    return {
      outputs,
      reasons: [...others, because('output', `Output: ${option}, from the build script.`)],
    };
  }
  const [first] = output.outputs;
  const isSaid = first === undefined || reasons.some(({ about }) => about === 'output');
  const usual = isSaid ? [] : [because('output', `Output: ${first}, the default of ${framework.name}.`)];
  return { outputs: output.outputs, reasons: [...reasons, ...usual] };
}

/** A site's finding, with outputs seen from the root directory, and whether it is a PWA. */
export function finishSite(
  place: PackagedFolder,
  framework: string | null,
  buildCommand: string | null,
  outputs: readonly string[],
  reasons: readonly Reason[],
): Finding {
  const pwa = pwaReason(place.tree, place.folder, allDependencies(place.pkg));
  return {
    type: pwa === null ? 'web' : 'pwa',
    framework,
    image: WEB_IMAGE,
    needsInstall: true,
    buildCommand,
    outputs: outputs.map((output) => joinPath(place.within, output)),
    reasons: pwa === null ? reasons : [...reasons, because('type', pwa)],
  };
}
