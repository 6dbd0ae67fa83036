/** Tauri 2: a web front end and a program in Rust. */
import { listed } from '@appflux/protocol';
import { DESKTOP_IMAGE } from '../../images.ts';
import { allDependencies } from '../../package-json.ts';
import { runProgram } from '../../package-manager.ts';
import { because } from '../../reason.ts';
import { joinPath } from '../../tree.ts';
import { type Outcome, ownPackage, type Rule, type Subject } from '../rule.ts';
import { runScriptWith } from '../shell.ts';
import {
  generation,
  lackingTool,
  type TauriConfig,
  targetsOf,
  tauriConfig,
  versionOf,
} from './tauri-config.ts';
import { cargoWorkspace, fromBase, isInside, tauriFolders } from './tauri-folder.ts';

/** https://v2.tauri.app/start/project-structure/ and https://v2.tauri.app/distribute/. */
export const tauriRule: Rule = {
  frameworks: ['tauri'],
  types: ['desktop'],
  looksFor: 'Tauri (tauri.conf.json)',
  find(subject) {
    const { tree } = subject;
    const folders = tauriFolders(tree);
    const [folder] = folders;
    if (folder === undefined) return null;
    if (folders.length > 1) {
      const names = folders.map((path) => fromBase(tree, path));
      return {
        refusal: `This project has several Tauri apps: ${listed(names, 8)}.`,
        hint: 'Set the root directory of the app to one of these folders.',
        elsewhere: folders.map((path) => ({ folder: path, type: 'desktop', framework: 'tauri' })),
      };
    }
    const config = tauriConfig(tree, folder);
    return config === null ? null : findIn(subject, folder, config);
  },
};

function findIn(subject: Subject, folder: string, config: TauriConfig): Outcome {
  const { tree, hasOwnImage } = subject;
  if (generation(config) === 1) {
    return {
      refusal: `${config.path} is for Tauri 1, which needs WebKitGTK 4.0. The desktop builder has 4.1, for Tauri 2.`,
      hint: 'Run "npx @tauri-apps/cli migrate" in the project (https://v2.tauri.app/start/migrate/from-tauri-1/), or set an image with WebKitGTK 4.0, a build command and outputs.',
    };
  }
  const lacking = hasOwnImage ? null : lackingTool(config);
  if (lacking !== null) {
    return {
      refusal: `beforeBuildCommand in ${config.path} runs ${lacking}, which the desktop builder does not have.`,
      hint: 'Set an image that has it in the app or in appflux.json, or set a build command and outputs.',
    };
  }
  const bundles = bundlesOf(config);
  const target = targetFolder(subject, folder);
  const command = `${target.setting}${tauriCommand(subject, bundles)}`;
  const wantsAppImage = targetsOf(config).some((name) => name === 'all' || name === 'appimage');
  return {
    type: 'desktop',
    framework: 'tauri',
    image: DESKTOP_IMAGE,
    needsInstall: true,
    buildCommand: command,
    outputs: [`${joinPath(target.folder, 'release/bundle')}/*/*.{deb,rpm,AppImage}`],
    version: versionOf(tree, folder, config),
    reasons: [
      because('framework', `Framework: Tauri 2, because of ${config.path}.`),
      because('build', `Build command: ${command}, which creates ${bundles.join(' and ')}.`),
      ...(wantsAppImage
        ? [
            because(
              'output',
              'AppImage skipped: its tools are downloaded from GitHub, which builds can’t reach.',
            ),
          ]
        : []),
    ],
  };
}

/** Of the bundles for Linux that the project names (all, if none) those that can be made without more downloads. */
function bundlesOf(config: TauriConfig): string[] {
  const targets = targetsOf(config);
  const named = ['deb', 'rpm'].filter((bundle) => targets.includes(bundle));
  if (named.length > 0) return named;
  return targets.includes('all') ? ['deb', 'rpm'] : ['deb'];
}

/**
 * Where Cargo writes, seen from the root directory, and what has to be set for that. It writes beside the manifest of the
 * workspace; if that is above the root directory, another target is set, because outputs are only searched below it.
 */
function targetFolder({ tree }: Subject, crate: string): { folder: string; setting: string } {
  const workspace = cargoWorkspace(tree, crate)?.folder ?? crate;
  return isInside(tree, workspace)
    ? { folder: joinPath(fromBase(tree, workspace), 'target'), setting: '' }
    : { folder: 'target', setting: 'CARGO_TARGET_DIR="$PWD/target" ' };
}

/** Tauri's command is the project's own, else the newest of npm's; an image of somebody's own may have it for Cargo. */
function tauriCommand(subject: Subject, bundles: readonly string[]): string {
  const pkg = ownPackage(subject);
  const args = `build --bundles ${bundles.join(',')}`;
  if (pkg !== null && /^tauri$/.test(pkg.scripts.tauri?.trim() ?? ''))
    return runScriptWith(subject.manager, 'tauri', args);
  const isInstalled = pkg !== null && allDependencies(pkg)['@tauri-apps/cli'] !== undefined;
  if (isInstalled) return runProgram(subject.manager, `tauri ${args}`);
  return subject.hasOwnImage ? `cargo tauri ${args}` : `npx --yes @tauri-apps/cli@2 ${args}`;
}
