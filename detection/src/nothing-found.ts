/** The refusal of a source that no rule recognizes. */
import { listed, printable, quoted } from '@appflux/protocol';
import { allDependencies } from './package-json.ts';
import { ownPackage, type Refusal, type Rule, type Subject } from './rules/rule.ts';
import { webRule } from './rules/web/index.ts';
import { joinPath, type SourceTree } from './tree.ts';

const SET_MANUALLY = 'set a build command and outputs in the app or in appflux.json';

/**
 * What to say where no rule knows the source: what is missing from what is there, else what was looked for; and where a
 * project may be instead.
 */
export function nothingFound(subject: Subject, rules: readonly Rule[]): Refusal {
  const { tree } = subject;
  const where = tree.base === '' ? 'at the top of the source' : `in ${printable(tree.base)}`;
  const nothing = `Found nothing to build ${where}`;
  const near = rules.includes(webRule) ? nearestThing(subject) : null;
  const elsewhere = projectFolders(tree);
  const there =
    elsewhere.length === 0
      ? null
      : `There ${elsewhere.length === 1 ? 'is a project' : 'are projects'} in ${listed(elsewhere)}: set the root directory of the app to that folder.`;
  if (near !== null) return { refusal: `${nothing}: ${near.what}`, hint: there ?? near.hint };
  return {
    refusal: `${nothing}. Looked for ${rules.map((rule) => rule.looksFor).join(', ')}.`,
    hint: there ?? `Set the root directory if the project is in a subfolder, or ${SET_MANUALLY}.`,
  };
}

/** Packages that answer requests: what depends on one of them, and builds nothing, is a server. */
const SERVERS = [
  'express',
  'fastify',
  'koa',
  '@nestjs/core',
  '@hapi/hapi',
  '@hono/node-server',
  'restify',
  'polka',
  'socket.io',
  'elysia',
  'h3',
];

/** Files that say which language a project is in, where it is one that no builder image has the tools of. */
const LANGUAGES: readonly (readonly [string, string])[] = [
  ['deno.json', 'Deno'],
  ['deno.jsonc', 'Deno'],
  ['pyproject.toml', 'Python'],
  ['requirements.txt', 'Python'],
  ['go.mod', 'Go'],
  ['Cargo.toml', 'Rust'],
  ['composer.json', 'PHP'],
  ['Gemfile', 'Ruby'],
  ['pom.xml', 'Java (Maven)'],
  ['build.gradle', 'Java (Gradle)'],
  ['build.gradle.kts', 'Kotlin (Gradle)'],
  ['mix.exs', 'Elixir'],
  ['Package.swift', 'Swift'],
  ['CMakeLists.txt', 'C or C++'],
];

/** What the source is, though no rule builds it: a sentence's end, and what to do. */
function nearestThing(subject: Subject): { readonly what: string; readonly hint: string } | null {
  const { tree } = subject;
  const pkg = ownPackage(subject);
  if (pkg !== null) {
    if (pkg.scripts.build !== undefined) return null;
    const packages = allDependencies(pkg);
    const server = SERVERS.find((name) => packages[name] !== undefined);
    if (server !== undefined) {
      return {
        what:
          pkg.scripts.start === undefined
            ? `package.json depends on ${server}, a server, but no script starts one, and no main file listens.`
            : `package.json has a script that starts a server (${server}), but the script names no file that AppFlux can run.`,
        hint: `Let the script "start" run the server’s main file, as in "node server.js". If a subfolder has a front end, set it as the root directory.`,
      };
    }
    const pages = pagesWithoutStart(tree);
    if (pages !== null) return pages;
    return {
      what: 'package.json has no build script and no dependency on a framework that AppFlux supports.',
      hint: `Add a "build" script to package.json, or ${SET_MANUALLY}. If the project is in a subfolder, set the root directory.`,
    };
  }
  const [file, language] = LANGUAGES.find(([name]) => tree.isFile(joinPath(tree.base, name))) ?? [];
  if (file === undefined) return pagesWithoutStart(tree);
  return {
    what: `this looks like a ${language} project (${file}), which AppFlux can’t build automatically.`,
    hint: `If it creates files to publish, set an image that has its tools, and ${SET_MANUALLY}.`,
  };
}

/** What start pages are called elsewhere. */
const START_PAGE = /^(?:index|default|home)\.html?$/i;

/** Pages of which none is called as a start page has to be; null if there are none. */
function pagesWithoutStart(tree: SourceTree): { readonly what: string; readonly hint: string } | null {
  const pages = tree
    .names(tree.base)
    .filter((name) => /\.html?$/i.test(name) && tree.isFile(joinPath(tree.base, name)));
  const [only] = pages;
  if (only === undefined) return null;
  const start = pages.find((name) => START_PAGE.test(name)) ?? (pages.length === 1 ? only : null);
  const name = 'index.html, in lower case';
  return start === null
    ? {
        what: `there are pages (${listed(pages, 4)}), but none is called index.html.`,
        hint: `Rename the start page to ${name}.`,
      }
    : {
        what: `${pages.length === 1 ? 'the only page' : 'the start page'} is called ${quoted(start)}, not index.html.`,
        hint: `Rename it to ${name}, and correct the links to it.`,
      };
}

const PROJECT_FILE =
  /\/(?:package\.json|index\.html|pubspec\.yaml|settings\.gradle(?:\.kts)?|config\.xml|wails\.json|tauri\.conf\.json5?|Tauri\.toml|_config\.ya?ml|mkdocs\.ya?ml|hugo\.(?:toml|ya?ml|json))$/;

/** Folders with the pages of a server, as it fills them in. */
const TEMPLATES = /^_?(?:templates?|views|layouts|includes|partials)$/;

/**
 * Folders below the root directory in which a project seems to be, the nearest first; none below another one.
 */
export function projectFolders(tree: SourceTree): string[] {
  const prefix = tree.base === '' ? '' : `${tree.base}/`;
  const folders = tree
    .files()
    .filter((path) => path.startsWith(prefix) && PROJECT_FILE.test(path))
    .map((path) => path.slice(prefix.length, path.lastIndexOf('/')))
    .filter((folder) => !folder.split('/').some((part) => TEMPLATES.test(part)))
    .sort((a, b) => a.split('/').length - b.split('/').length || (a < b ? -1 : 1));
  return folders.filter(
    (folder, index) =>
      !folders.slice(0, index).some((above) => folder === above || folder.startsWith(`${above}/`)),
  );
}
