/** Tauri 2: a web front end and a program in Rust. */
import { type Data, hasKey, parseLooseJson, parseToml, tableAt, textAt } from '../../data-text.ts';
import { DESKTOP_IMAGE } from '../../images.ts';
import { allDependencies } from '../../package-json.ts';
import { runProgram } from '../../package-manager.ts';
import { because } from '../../reason.ts';
import { insidePath, joinPath, type SourceTree } from '../../tree.ts';
import { type Outcome, ownPackage, type Rule, type Subject } from '../rule.ts';
import { runScriptWith } from '../shell.ts';

const CONFIGS = ['tauri.conf.json', 'tauri.conf.json5', 'Tauri.toml'];

/** https://v2.tauri.app/start/project-structure/ and https://v2.tauri.app/distribute/. */
export const tauriRule: Rule = {
  frameworks: ['tauri'],
  types: ['desktop'],
  looksFor: 'Tauri (src-tauri)',
  find(subject) {
    const { tree } = subject;
    const path = tree.firstFile(joinPath(tree.base, 'src-tauri'), CONFIGS);
    if (path === null) return null;
    const text = tree.text(path) ?? '';
    const config = path.endsWith('.toml') ? parseToml(text) : parseLooseJson(text);
    return findIn(subject, path, config);
  },
};

function findIn(subject: Subject, path: string, config: Data | null): Outcome {
  const cargo = parseToml(subject.tree.text(joinPath(subject.tree.base, 'src-tauri/Cargo.toml')) ?? '');
  if (generation(config, cargo) === 1) {
    return {
      refusal: `${path} is of Tauri 1, which needs WebKitGTK 4.0; the desktop builder has 4.1, for Tauri 2.`,
      hint: 'Run "npx @tauri-apps/cli migrate" in the project (https://v2.tauri.app/start/migrate/from-tauri-1/), or set an image that has what Tauri 1 needs, a build command and outputs.',
    };
  }
  const bundles = bundlesOf(config);
  const command = tauriCommand(subject, bundles);
  const target = hasKey(
    parseToml(subject.tree.text(joinPath(subject.tree.base, 'Cargo.toml')) ?? ''),
    'workspace',
  )
    ? 'target'
    : 'src-tauri/target';
  return {
    type: 'desktop',
    framework: 'tauri',
    image: DESKTOP_IMAGE,
    needsInstall: true,
    buildCommand: command,
    outputs: [`${target}/release/bundle/*/*.{deb,rpm,AppImage}`],
    version: versionOf(subject.tree, config, cargo),
    reasons: [
      because('framework', `Framework: Tauri 2, because of ${path}.`),
      because('build', `Build command: ${command}, which makes ${bundles.join(' and ')}.`),
      ...(wantsAppImage(config) && !bundles.includes('appimage')
        ? [because('output', 'No AppImage is made: its tools come from GitHub, which a build cannot reach.')]
        : []),
    ],
  };
}

/** Tauri 1 keeps its settings below `tauri`; where neither says so, the version of the crate does. */
function generation(config: Data | null, cargo: Data | null): 1 | 2 {
  if (tableAt(config, 'tauri') !== null) return 1;
  if (['identifier', 'app', 'bundle', 'productName'].some((key) => hasKey(config, key))) return 2;
  const dependencies = tableAt(cargo, 'dependencies');
  const crate = textAt(dependencies, 'tauri') ?? textAt(tableAt(dependencies, 'tauri'), 'version') ?? '2';
  return /^[\^~=\s]{0,5}1(?:\.|$)/.test(crate) ? 1 : 2;
}

const targetsOf = (config: Data | null): readonly unknown[] => {
  const targets = tableAt(config, 'bundle')?.targets ?? 'all';
  return Array.isArray(targets) ? targets : [targets];
};

const wantsAppImage = (config: Data | null): boolean =>
  targetsOf(config).some((target) => target === 'all' || target === 'appimage');

/** Of the bundles for Linux that the project names (all, if none) those that can be made without more downloads. */
function bundlesOf(config: Data | null): string[] {
  const targets = targetsOf(config);
  const named = ['deb', 'rpm'].filter((bundle) => targets.includes(bundle));
  if (named.length > 0) return named;
  return targets.includes('all') ? ['deb', 'rpm'] : ['deb'];
}

function tauriCommand(subject: Subject, bundles: readonly string[]): string {
  const pkg = ownPackage(subject);
  const args = `build --bundles ${bundles.join(',')}`;
  if (pkg === null) return `cargo tauri ${args}`;
  if (/^tauri$/.test(pkg.scripts.tauri?.trim() ?? '')) return runScriptWith(subject.manager, 'tauri', args);
  const isInstalled = allDependencies(pkg)['@tauri-apps/cli'] !== undefined;
  return isInstalled ? runProgram(subject.manager, `tauri ${args}`) : `cargo tauri ${args}`;
}

/** The configuration's version, which may be the path of a package.json; else the crate's. */
function versionOf(tree: SourceTree, config: Data | null, cargo: Data | null): string | null {
  const said = textAt(config, 'version') ?? textAt(tableAt(config, 'package'), 'version');
  if (said?.endsWith('.json') === true) {
    const path = insidePath(joinPath(tree.base, 'src-tauri'), said);
    return path === null ? null : textAt(parseLooseJson(tree.text(path) ?? ''), 'version');
  }
  return said ?? textAt(tableAt(cargo, 'package'), 'version');
}
