/** Nx workspaces whose projects Nx alone knows how to build: by a project.json, or by what it infers. */
import { type Data, parseLooseJson, tableAt, textAt } from '../../data-text.ts';
import { WEB_IMAGE } from '../../images.ts';
import { parsePackageJson } from '../../package-json.ts';
import { runProgram } from '../../package-manager.ts';
import { because } from '../../reason.ts';
import { insidePath, joinPath } from '../../tree.ts';
import type { Finding, Subject } from '../rule.ts';
import { shellWord } from '../shell.ts';

/** A site of an Nx workspace. */
export interface NxSite {
  /** Relative to the workspace's top. */
  readonly folder: string;
  readonly finding: Finding;
}

const MAX_PROJECTS = 200;
/** What makes programs for servers and for phones. */
const NO_SITE = /(?:nest|node|express|esbuild|js|expo|react-native|detox|docker):/;

/** The applications that become sites; `packages` are the folders of the workspace with a package.json. */
export function nxSites(subject: Subject, packages: readonly string[]): NxSite[] {
  const described = describedSites(subject);
  const inferred = packages
    .filter((folder) => described.every((site) => site.folder !== folder))
    .flatMap((folder) => {
      const finding = inferredSite(subject, folder);
      return finding === null ? [] : [{ folder, finding }];
    });
  return [...described, ...inferred];
}

/** https://nx.dev/reference/project-configuration */
function describedSites(subject: Subject): NxSite[] {
  const { tree } = subject;
  const prefix = tree.base === '' ? '' : `${tree.base}/`;
  return tree
    .files()
    .filter((path) => path.startsWith(prefix) && path.endsWith('/project.json'))
    .slice(0, MAX_PROJECTS)
    .flatMap((path) => {
      const folder = path.slice(prefix.length, -'/project.json'.length);
      const project = parseLooseJson(tree.text(path) ?? '');
      const finding = project === null ? null : siteIn(subject, path, folder, project);
      return finding === null ? [] : [{ folder, finding }];
    });
}

function siteIn(subject: Subject, path: string, folder: string, project: Data): Finding | null {
  const build = tableAt(tableAt(project, 'targets') ?? tableAt(project, 'architect'), 'build');
  const executor = textAt(build, 'executor') ?? textAt(build, 'builder') ?? '';
  const name = textAt(project, 'name') ?? folder.split('/').at(-1) ?? folder;
  if (textAt(project, 'projectType') !== 'application' || NO_SITE.test(executor) || name.endsWith('-e2e'))
    return null;
  const framework = frameworkOf(subject, folder, executor);
  // Without a target of its own, a project has those that Nx infers from its configuration files.
  if (build === null && framework === null) return null;
  return findingOf(subject, name, framework, path, outputsOf(folder, tableAt(build, 'options')));
}

/**
 * A package that has no build script, and whose build a plugin of Nx infers from the framework's configuration file:
 * https://nx.dev/concepts/inferred-tasks
 */
function inferredSite(subject: Subject, folder: string): Finding | null {
  const { tree } = subject;
  const at = (name: string) => joinPath(tree.base, folder, name);
  const path = at('package.json');
  const pkg = parsePackageJson(tree.text(path) ?? '{}', path);
  const framework = frameworkOf(subject, folder, '');
  if (framework === null || pkg.name === null || pkg.scripts.build !== undefined) return null;
  // A library of Vite's has the same configuration file, and no page.
  if (framework === 'vite' && !tree.isFile(at('index.html'))) return null;
  const plugins = parseLooseJson(tree.text(joinPath(tree.base, 'nx.json')) ?? '')?.plugins;
  const infers = (entry: unknown) => {
    const plugin = typeof entry === 'string' ? entry : textAt(tableAt({ entry }, 'entry'), 'plugin');
    return plugin === `@nx/${framework}/plugin`;
  };
  if (!Array.isArray(plugins) || !plugins.some(infers)) return null;
  const finding = findingOf(subject, pkg.name, framework, path, outputsOf(folder, null));
  return { ...finding, version: pkg.version };
}

function findingOf(
  { manager }: Subject,
  name: string,
  framework: string | null,
  path: string,
  outputs: string[],
): Finding {
  const command = runProgram(manager, `nx run ${shellWord(name)}:build`);
  return {
    type: 'web',
    framework,
    image: WEB_IMAGE,
    needsInstall: true,
    buildCommand: command,
    outputs,
    reasons: [
      because(
        'framework',
        `Framework: ${framework ?? 'none that AppFlux supports'}, because of ${path}, an Nx application.`,
      ),
      because('build', `Build command: ${command}, with Nx, from the top of the workspace.`),
    ],
  };
}

function frameworkOf({ tree }: Subject, folder: string, executor: string): string | null {
  if (/angular/.test(executor)) return 'angular';
  const has = (name: string) =>
    tree.names(joinPath(tree.base, folder)).some((file) => file.startsWith(`${name}.config.`));
  return (
    ['next', 'astro', 'nuxt', 'vite'].find((name) => new RegExp(`\\b${name}:`).test(executor) || has(name)) ??
    null
  );
}

/** Where the target says; else where Nx's generators put it, which differed over the years. */
function outputsOf(folder: string, options: Data | null): string[] {
  const configured = textAt(options, 'outputPath') ?? textAt(tableAt(options, 'outputPath'), 'base');
  const inside = configured === null ? null : insidePath('', configured.replace(/^\{workspaceRoot\}\//, ''));
  const places = inside === null ? [joinPath('dist', folder), joinPath(folder, 'dist')] : [inside];
  return [
    ...places.map((place) => `${place}/browser`),
    ...places,
    ...(inside === null ? [joinPath(folder, 'out')] : []),
  ];
}
