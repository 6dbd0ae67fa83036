/** Nx workspaces whose projects Nx alone knows how to build: by a project.json, or by what it infers. */
import { type Data, parseLooseJson, tableAt, textAt } from '../../data-text.ts';
import { WEB_IMAGE } from '../../images.ts';
import { allDependencies, parsePackageJson } from '../../package-json.ts';
import { runProgram } from '../../package-manager.ts';
import { because } from '../../reason.ts';
import { insidePath, joinPath } from '../../tree.ts';
import type { Finding, Refusal, Subject } from '../rule.ts';
import { shellWord } from '../shell.ts';
import { FRAMEWORK_RULES } from './frameworks/index.ts';
import { published, serverPackageOf } from './servers/program-site.ts';
import { Site } from './site.ts';

/** A site of an Nx workspace. */
export interface NxSite {
  /** Relative to the workspace's top. */
  readonly folder: string;
  readonly finding: Finding | Refusal;
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

function siteIn(subject: Subject, path: string, folder: string, project: Data): Finding | Refusal | null {
  const build = tableAt(tableAt(project, 'targets') ?? tableAt(project, 'architect'), 'build');
  const executor = textAt(build, 'executor') ?? textAt(build, 'builder') ?? '';
  const name = textAt(project, 'name') ?? folder.split('/').at(-1) ?? folder;
  if (textAt(project, 'projectType') !== 'application' || name.endsWith('-e2e')) return null;
  const options = tableAt(build, 'options');
  const isForNode = [textAt(options, 'target'), textAt(options, 'platform')].includes('node');
  if (isForNode || NO_SITE.test(executor)) return programIn(subject, path, name, executor, options);
  const framework = frameworkOf(subject, folder, executor);
  // Without a target of its own, a project has those that Nx infers from its configuration files.
  if (build === null && framework === null) return null;
  const finding = findingOf(subject, name, framework, path, outputsOf(folder, tableAt(build, 'options')));
  return asFrameworkSays(subject, folder, finding);
}

/** A server of Node: what its executor makes is one file, `main.js`, in the output folder. */
function programIn(
  subject: Subject,
  path: string,
  name: string,
  executor: string,
  options: Data | null,
): Finding | Refusal | null {
  const { tree, packages, servers, manager } = subject;
  const top = packages.find(({ folder }) => folder === tree.base)?.pkg;
  if (top === undefined || !/(?:nest|node|express|esbuild|js|webpack|rspack|vite):/.test(executor))
    return null;
  const folder = path.slice(tree.base === '' ? 0 : tree.base.length + 1, -'/project.json'.length);
  const outputPath = textAt(options, 'outputPath');
  const output = insidePath('', outputPath ?? joinPath('dist', folder));
  const known = serverPackageOf(top);
  if (output === null || known === null) return null;
  const place = { tree, folder: tree.base, within: '', pkg: top, manager, servers, command: null };
  const entry = joinPath(output, 'main.js');
  const site = published(place, {
    kind: 'node',
    entry,
    framework: known.id,
    what: `This is a server that Nx builds with ${known.name}: ${path} makes ${entry}`,
  });
  if ('refusal' in site) return site;
  const command = runProgram(manager, `nx run ${shellWord(name)}:build`);
  const others = site.reasons.filter(({ about }) => about !== 'build');
  const built = because('build', `Build command: ${command}, with Nx, from the top of the workspace.`);
  return { ...site, buildCommand: command, reasons: [...others, built] };
}

/**
 * A package that has no build script, and whose build a plugin of Nx infers from the framework's configuration file:
 * https://nx.dev/concepts/inferred-tasks
 */
function inferredSite(subject: Subject, folder: string): Finding | Refusal | null {
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
  return asFrameworkSays(subject, folder, { ...finding, version: pkg.version });
}

/** Frameworks whose rules say whether a project renders on a server. Elsewhere, Nx alone knows what is built. */
const WITH_SERVERS: Readonly<Record<string, string>> = { next: 'Next.js', astro: 'Astro', nuxt: 'Nuxt' };

/** The same site, unless its framework's own rule says that it renders on a server. */
function asFrameworkSays(subject: Subject, folder: string, finding: Finding): Finding | Refusal {
  const { tree, packages, servers, buildCommand } = subject;
  const id = finding.framework ?? '';
  const rule = FRAMEWORK_RULES.get(id);
  const name = WITH_SERVERS[id];
  if (rule === undefined || name === undefined) return finding;
  // What a project of Nx depends on stands in the package.json of the workspace's top.
  const path = joinPath(tree.base, folder, 'package.json');
  const own = parsePackageJson(tree.text(path) ?? '{}', path);
  const dependencies = Object.assign(
    {},
    ...packages.map(({ pkg }) => allDependencies(pkg)),
    allDependencies(own),
  );
  const version = /\d+(?:\.\d+)*/.exec(dependencies[id] ?? '')?.[0] ?? null;
  const site = new Site(
    {
      tree,
      folder: joinPath(tree.base, folder),
      pkg: { ...own, dependencies },
      servers,
      command: buildCommand,
    },
    { id, name, version, buildCommand: null, directory: null, dependency: id, file: null, isBackend: false },
  );
  const output = rule(site);
  if ('refusal' in output) return output;
  const said = (output.reasons ?? []).filter(
    ({ about }) => about === 'framework' || output.server !== undefined,
  );
  const outputs = output.outputs.map((place) => joinPath(folder, place));
  const all = { ...finding, reasons: [...finding.reasons, ...said] };
  if (output.server === undefined) {
    return id === 'next' ? { ...all, outputs: [...new Set([...outputs, ...finding.outputs])] } : all;
  }
  return { ...all, outputs, server: { ...output.server, folder } };
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
