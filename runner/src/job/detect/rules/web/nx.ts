/** Nx workspaces whose projects have a project.json instead of a package.json. */
import { type Data, parseLooseJson, tableAt, textAt } from '../../data-text.ts';
import { WEB_IMAGE } from '../../images.ts';
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

/** The applications of https://nx.dev/reference/project-configuration that become sites. */
export function nxSites(subject: Subject): NxSite[] {
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
  const command = runProgram(subject.manager, `nx run ${shellWord(name)}:build`);
  const outputs = outputsOf(folder, tableAt(build, 'options'));
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
        `Framework: ${framework ?? 'none that AppFlux knows'}, because of ${path}, an application of an Nx workspace.`,
      ),
      because('build', `Build command: ${command}, by Nx, from the workspace's top.`),
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
  const said = textAt(options, 'outputPath') ?? textAt(tableAt(options, 'outputPath'), 'base');
  const inside = said === null ? null : insidePath('', said.replace(/^\{workspaceRoot\}\//, ''));
  const places = inside === null ? [joinPath('dist', folder), joinPath(folder, 'dist')] : [inside];
  return [
    ...places.map((place) => `${place}/browser`),
    ...places,
    ...(inside === null ? [joinPath(folder, 'out')] : []),
  ];
}
