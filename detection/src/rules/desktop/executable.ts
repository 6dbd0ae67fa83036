/** Programs in JavaScript or TypeScript that become one file, with Bun or Node in it. */
import { DESKTOP_IMAGE } from '../../images.ts';
import { allDependencies, type PackageJson } from '../../package-json.ts';
import { runScript } from '../../package-manager.ts';
import { because } from '../../reason.ts';
import { insidePath, joinPath } from '../../tree.ts';
import { type Outcome, ownPackage, type Rule, type Subject } from '../rule.ts';
import { inOrder, shellWord } from '../shell.ts';

/**
 * https://bun.com/docs/bundler/executables, https://nodejs.org/api/single-executable-applications.html, and the
 * packages `@yao-pkg/pkg` and `nexe`.
 */
const CALLS: readonly (readonly ['bun' | 'node', RegExp])[] = [
  ['bun', /\bbun build\b(?=.{0,400}--compile\b)/],
  ['node', /--experimental-sea-config\b|--build-sea\b|\bpostject\b|(?:^|[\s/])(?:pkg|nexe) /],
];

export const executableRule: Rule = {
  frameworks: ['bun', 'node'],
  types: ['desktop'],
  looksFor: 'a script or program to compile into an executable',
  find(subject) {
    const pkg = ownPackage(subject);
    if (pkg === null) return null;
    const isAsked = subject.type === 'desktop' || subject.framework !== null;
    return findScript(subject, pkg) ?? (isAsked ? findEntry(subject, pkg) : null);
  },
};

const PLAIN_NAME = /^[\w:.-]+$/;
const USUAL = ['compile', 'build:exe', 'build:bin', 'build:binary', 'build:all', 'package', 'dist', 'build'];

/** A script that makes an executable, by the project's own word. */
function findScript(subject: Subject, pkg: PackageJson): Outcome {
  for (const [framework, call] of CALLS) {
    const names = Object.keys(pkg.scripts).filter(
      (name) => PLAIN_NAME.test(name) && call.test(pkg.scripts[name] ?? ''),
    );
    const script = USUAL.find((name) => names.includes(name)) ?? names[0];
    if (script === undefined) continue;
    const command = runScript(subject.manager, script);
    const file = outputFile(pkg.scripts[script] ?? '');
    const outputs = file === null ? ['dist/*', 'bin/*', 'build/*'] : [file, `${file}.exe`];
    return {
      type: 'desktop',
      framework,
      image: DESKTOP_IMAGE,
      needsInstall: true,
      buildCommand: command,
      outputs,
      reasons: [
        because(
          'framework',
          `Framework: an executable with ${framework === 'bun' ? 'Bun' : 'Node'} included, because the script ${script} compiles one.`,
        ),
        because('build', `Build command: ${command}, from the scripts of package.json.`),
        because(
          'output',
          file === null
            ? `Output: what is in ${outputs.join(', ')}, because the script doesn’t name its output.`
            : `Output: ${file}, from the script.`,
        ),
      ],
    };
  }
  return null;
}

/** `--outfile x`, `--output=x`, `-o x`. */
function outputFile(script: string): string | null {
  const file = /(?:--outfile|--output|-o)[= ]["']?([\w@./-]{1,200})/.exec(script)?.[1];
  return file === undefined ? null : insidePath('', file);
}

/** The systems that are built for, as Bun calls them. */
const TARGETS = ['linux-x64', 'windows-x64', 'darwin-arm64'];
const ENTRIES = [
  'index.ts',
  'src/index.ts',
  'index.js',
  'src/index.js',
  'src/main.ts',
  'main.ts',
  'cli.ts',
  'src/cli.ts',
];

/** Where a desktop app is asked for, an executable of the program that package.json names. */
function findEntry(subject: Subject, pkg: PackageJson): Outcome {
  const { tree } = subject;
  const isThere = (file: string | null): file is string => {
    const path = file === null ? null : insidePath(tree.base, file);
    return path !== null && tree.isFile(path);
  };
  const entry = [pkg.bin, pkg.module, pkg.main, ...ENTRIES].find(isThere);
  if (entry === undefined) return null;
  const plainEntry = joinPath(entry);
  const name =
    (pkg.name ?? 'app')
      .replace(/^@[^/]*\//, '')
      .replaceAll(/[^\w.-]/g, '-')
      .slice(0, 60) || 'app';
  const compile = TARGETS.map(
    (target) =>
      `bun build --compile --minify --target=bun-${target} ${shellWord(`./${plainEntry}`)} --outfile ${shellWord(`dist/${name}-${target}`)}`,
  );
  const build = (pkg.scripts.build ?? '').trim() === '' ? null : runScript(subject.manager, 'build');
  const hasPackages = Object.keys(allDependencies(pkg)).length > 0;
  return {
    type: 'desktop',
    framework: 'bun',
    image: DESKTOP_IMAGE,
    needsInstall: hasPackages || build !== null,
    buildCommand: inOrder(build, ...compile),
    outputs: TARGETS.map((target) => `dist/${name}-${target}${target.startsWith('windows') ? '.exe' : ''}`),
    reasons: [
      because(
        'framework',
        `Framework: ${plainEntry} compiled with Bun, because the app’s type is desktop and package.json has no script that packages it.`,
      ),
      because('build', `Build command: "bun build --compile" for ${TARGETS.join(', ')}.`),
    ],
  };
}
