/** Electron apps, with electron-builder, Electron Forge or electron-packager. */
import { DESKTOP_IMAGE } from '../../images.ts';
import { allDependencies, type PackageJson, type Texts } from '../../package-json.ts';
import { runProgram, runScript } from '../../package-manager.ts';
import { because, type Reason } from '../../reason.ts';
import { joinPath } from '../../tree.ts';
import { type Outcome, ownPackage, type Rule, type Subject } from '../rule.ts';
import { whatRuns } from '../script-calls.ts';
import { inOrder } from '../shell.ts';
import { isWorkspace } from '../web/workspace-packages.ts';
import { builderOutput, programVersion } from './electron-builder.ts';

/** https://www.electronjs.org/docs/latest/tutorial/application-distribution. */
export const electronRule: Rule = {
  frameworks: ['electron'],
  types: ['desktop'],
  looksFor: 'Electron',
  find(subject) {
    const pkg = ownPackage(subject);
    if (pkg === null) return null;
    // The top of a workspace often has the tools of its packages, and is no program itself.
    if (isWorkspace(subject.tree, pkg) && pkg.main === null && !hasConfig(subject, pkg)) return null;
    const names = Object.keys(dependenciesOf(subject, pkg));
    const tool = TOOLS.find(({ packages }) => packages.some((name) => names.includes(name)));
    const isElectron = names.includes('electron') || names.includes('electron-nightly');
    if (!isElectron && !names.includes('vue-cli-plugin-electron-builder')) return null;
    return tool === undefined ? withoutTool(subject) : findWith(subject, pkg, tool);
  },
};

const CONFIGS = ['forge.config.js', 'forge.config.ts', 'forge.config.cjs', 'forge.config.mjs'];
const BUILDER = ['yml', 'yaml', 'json', 'json5', 'toml', 'js', 'cjs', 'mjs', 'ts'].flatMap((extension) => [
  `electron-builder.${extension}`,
  `electron-builder.config.${extension}`,
]);

/** Whether a folder has the configuration of a packager. */
const hasConfig = ({ tree }: Subject, pkg: PackageJson): boolean =>
  pkg.build !== null || tree.firstFile(tree.base, [...CONFIGS, ...BUILDER]) !== null;

/** What a package depends on; a program in a workspace may have its tools at the top. */
const dependenciesOf = (subject: Subject, pkg: PackageJson): Texts =>
  hasConfig(subject, pkg)
    ? Object.assign({}, ...subject.packages.map((at) => allDependencies(at.pkg)))
    : allDependencies(pkg);

interface Tool {
  readonly name: string;
  readonly packages: readonly string[];
  /** A call of it that makes packages, in a script's text. */
  readonly call: RegExp;
  /** What follows the name when it is called without a script of the project's. */
  readonly command: string;
  readonly outputs: (subject: Subject, pkg: PackageJson) => readonly string[];
  /** The program's own version, where the tool knows another place for it than the project's package.json. */
  readonly version?: (subject: Subject, pkg: PackageJson) => string | null;
}

/** What electron-builder and Forge's makers write (https://www.electron.build/, https://www.electronforge.io/config/makers). */
const PACKAGES = '*.{AppImage,deb,rpm,snap,flatpak,pacman,exe,msi,dmg,zip,tar.gz,7z}';

const TOOLS: readonly Tool[] = [
  {
    name: 'Electron Forge',
    packages: ['@electron-forge/cli'],
    call: /\belectron-forge make\b/,
    command: 'electron-forge make',
    outputs: () => [`out/make/**/${PACKAGES}`],
  },
  {
    name: 'electron-builder',
    packages: ['electron-builder', 'vue-cli-plugin-electron-builder'],
    // `install-app-deps` and `node-gyp-rebuild` make nothing that anybody installs; `--dir` makes no package.
    call: /\b(?:electron-builder(?! (?:install-app-deps|node-gyp-rebuild|create-self-signed-cert))|electron:build)\b/,
    command: 'electron-builder --linux --publish never',
    outputs: (subject, pkg) => {
      const isVueCli = allDependencies(pkg)['vue-cli-plugin-electron-builder'] !== undefined;
      return [`${builderOutput(subject, pkg) ?? (isVueCli ? 'dist_electron' : 'dist')}/${PACKAGES}`];
    },
    version: programVersion,
  },
  {
    name: 'electron-packager',
    packages: ['@electron/packager', 'electron-packager'],
    call: /\belectron-packager\b/,
    command: 'electron-packager . --platform=linux --out=out',
    outputs: (_subject, pkg) => {
      const name = pkg.productName ?? pkg.name ?? 'app';
      return ['out', 'dist', 'release-builds', '.'].flatMap((folder) =>
        ['x64', 'arm64'].map((arch) =>
          joinPath(folder, `${name.replaceAll(/[/\\*?[\]{}()!|+@]/g, '-')}-linux-${arch}`),
        ),
      );
    },
  },
];

function findWith(subject: Subject, pkg: PackageJson, tool: Tool): Outcome {
  const script = scriptFor(pkg, tool.call);
  const command = script === null ? ownCommand(subject, pkg, tool) : runScript(subject.manager, script);
  const path = joinPath(subject.tree.base, 'package.json');
  return {
    type: 'desktop',
    framework: 'electron',
    image: DESKTOP_IMAGE,
    needsInstall: true,
    buildCommand: command,
    outputs: tool.outputs(subject, pkg),
    version: tool.version?.(subject, pkg) ?? null,
    reasons: [
      because('framework', `Framework: Electron with ${tool.name}, because ${path} depends on both.`),
      because(
        'build',
        script === null
          ? `Build command: ${command}; package.json has no script that packages the app for Linux.`
          : `Build command: ${command}, the package.json script that packages the app.`,
      ),
      ...forMac(subject, pkg, tool),
      because(
        'framework',
        'Electron and its packaging tools are downloaded from GitHub. The owner of the runner must allow its hosts (--allow-hosts github.com,*.githubusercontent.com).',
      ),
    ],
  };
}

/** Where a script packages for macOS: who can run it, and how an app says that it wants that. */
function forMac({ manager }: Subject, { scripts }: PackageJson, { call }: Tool): Reason[] {
  const script = Object.keys(scripts).find((name) => {
    const text = whatRuns(scripts, name);
    return PLAIN_NAME.test(name) && call.test(text) && FOR_MAC.test(text) && !publishes(text);
  });
  if (script === undefined) return [];
  return [
    because(
      'build',
      `To build for macOS, which needs a Mac for signing, set the build command to ${runScript(manager, script)} and request a runner with the label macos (docs/operations.md).`,
    ),
  ];
}

const FOR_MAC = / (?:--mac|--macos|-m|-mw|-wm|--platform[= ](?:darwin|mas))\b/;

/** The likeliest first; a script for another system is none of them. */
const SCRIPTS = [
  'build:linux',
  'dist:linux',
  'package:linux',
  'make:linux',
  'electron:build:linux',
  'make',
  'dist',
  'package',
  'electron:build',
  'electron:dist',
  'build:electron',
  'build:app',
  'app:dist',
  'release',
  'build',
];
const PLAIN_NAME = /^[\w:.-]+$/;

/** The script that packages the app here: one that publishes, or that is for other systems alone, is left aside. */
function scriptFor({ scripts }: PackageJson, call: RegExp): string | null {
  const names = Object.keys(scripts).filter((name) => {
    if (!PLAIN_NAME.test(name)) return false;
    const text = whatRuns(scripts, name);
    return call.test(text) && isForLinux(text) && !publishes(text) && !/ --dir\b/.test(text);
  });
  return (
    SCRIPTS.find((name) => names.includes(name)) ??
    names.find((name) => !/mac|win|^pre|^post/i.test(name)) ??
    null
  );
}

/** Without a system's name, the tools build for the one that they run on. */
const isForLinux = (text: string): boolean =>
  !/ (?:--mac|--macos|-m|--win|--windows|-w|-mw|-wm|--platform[= ](?:darwin|win32|mas))\b/.test(text) ||
  / (?:--linux|-l|-m?w?l|--platform[= ](?:linux|all))\b/.test(text);

const publishes = (text: string): boolean => /(?:--publish|-p)[= ](?:always|onTag|onTagOrDraft)\b/.test(text);

/** Without a script, the app is built as its script `build` says, if that does not package it, and then packaged. */
function ownCommand({ manager }: Subject, pkg: PackageJson, tool: Tool): string {
  const build = pkg.scripts.build ?? '';
  const first = build.trim() === '' || tool.call.test(build) ? null : runScript(manager, 'build');
  return inOrder(first, runProgram(manager, tool.command));
}

/** Without one of the tools, there is only a program to start. */
function withoutTool(subject: Subject): Outcome {
  const path = joinPath(subject.tree.base, 'package.json');
  return {
    refusal: `${path} depends on electron, but not on a packager: electron-builder, Electron Forge or electron-packager.`,
    hint: 'Add one ("npm install --save-dev electron-builder"), or set a build command and outputs in the app or in appflux.json.',
  };
}
