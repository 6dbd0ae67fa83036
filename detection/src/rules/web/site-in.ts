/** What a folder with a package.json is: a site of a framework, a server, or whatever its build script makes. */
import { because } from '../../reason.ts';
import { joinPath } from '../../tree.ts';
import type { Finding, Refusal } from '../rule.ts';
import { whatRuns } from '../script-calls.ts';
import { forServer } from './build-command.ts';
import type { KnownFramework } from './build-info.ts';
import { libraryIn, pluginIn } from './library.ts';
import { findingFor, findingForScript, type PackagedFolder, whyHoisted } from './packaged-site.ts';
import { nodeBeside, programSite, serverByVite, workerBeside } from './servers/program-site.ts';
import { mayPublish } from './servers/with-server.ts';
import { configIn } from './site.ts';

/**
 * A framework that makes pages decides, then what the package is as a server, then a framework of the workspace's top;
 * null for anything else, such as a library.
 */
export function siteIn(
  place: PackagedFolder,
  framework: KnownFramework | null,
  hoisted: KnownFramework | null,
): Finding | Refusal | null {
  const library = framework === null || framework.isBackend ? null : packageFor(place, framework);
  if (library !== null) return library;
  if (framework !== null && !framework.isBackend)
    return besideServer(place, findingFor(place, framework, whyFramework(place, framework)));
  if (hoisted !== null && !hoisted.isBackend)
    return besideServer(place, findingFor(place, hoisted, whyHoisted(hoisted)));
  // Where files alone are wanted, they are what the build script makes.
  return place.servers === 'declined' ? null : programSite(place);
}

/** A package that uses a framework without being a site of it: for its tests, or as a plugin; null for a site. */
function packageFor(place: PackagedFolder, { dependency, buildCommand }: KnownFramework): Refusal | null {
  const { pkg } = place;
  const program = buildCommand?.split(' ')[0] ?? '';
  if (program !== '' && new RegExp(`\\b${program}\\b`).test(whatRuns(pkg.scripts, 'build'))) return null;
  // A script of its own, such as `docs:build`, makes the site of a library.
  if (buildCommand !== null && Object.values(pkg.scripts).some((text) => text.includes(buildCommand)))
    return null;
  return pluginIn(place, dependency) ?? libraryIn(place);
}

/** The same, else what the build script makes. */
export const siteOrScript = (
  place: PackagedFolder,
  framework: KnownFramework | null,
  hoisted: KnownFramework | null,
): Finding | Refusal | null =>
  siteIn(place, framework, hoisted) ??
  (framework === null
    ? (libraryIn(place) ?? findingForScript(place))
    : findingFor(place, framework, whyFramework(place, framework)));

const whyFramework = ({ folder }: PackagedFolder, { name, dependency }: KnownFramework): string =>
  `Framework: ${name}, because ${joinPath(folder, 'package.json')} depends on ${dependency}.`;

/** The same site with its server, where the project has one; else with a sentence on what is not published. */
function besideServer(place: PackagedFolder, site: Finding | Refusal): Finding | Refusal {
  const built = serverByVite(place);
  if (built !== null) return built;
  if ('refusal' in site || site.server !== undefined) return site;
  const rendered = place.servers === 'declined' ? null : renderedByVite(place);
  if (rendered !== null) return nodeBeside(place)?.site ?? rendered;
  const instead = place.servers !== 'declined' && rendersByPlugin(place) ? programSite(place) : null;
  if (instead !== null) return instead;
  const worker = workerBeside(place);
  if (worker !== null) {
    if (mayPublish(place.servers)) return worker;
    return saying(
      site,
      'The Worker of its wrangler configuration is not published, only the site’s files are.',
    );
  }
  const node = nodeBeside(place);
  if (node === null) return site;
  if (place.servers === 'wanted') return node.site;
  const how = mayPublish(place.servers) ? ' To publish it, set "server" to true in appflux.json.' : '';
  const { by, entry } = node.program;
  const what = by === null ? `the server ${entry}` : `the server that ${by} runs (${entry})`;
  return saying(site, `Only the site’s files are published, not ${what}.${how}`);
}

/** Whether a plugin of Vite makes the page, and has a server render it: its configuration says so, and no page is there. */
function rendersByPlugin({ tree, folder }: PackagedFolder): boolean {
  const prefix = folder === '' ? '' : `${folder}/`;
  return (
    /\bssr\s*:\s*true\b/.test(configIn(tree, folder, 'vite.config').source) &&
    !tree.files().some((path) => path.startsWith(prefix) && /(?:^|\/)index\.html$/.test(path))
  );
}

/**
 * Why a Vite project's files alone are no site: its build makes what a server renders its pages by. Null where the build
 * runs a program of its own, which may render them.
 */
function renderedByVite({ folder, pkg }: PackagedFolder): Refusal | null {
  const calls = whatRuns(pkg.scripts, 'build').split(/&&|\|\||[;\n]/);
  if (!calls.some(forServer) || calls.some((call) => /^\s*(?:node|tsx|bun|deno)\s/.test(call))) return null;
  return {
    refusal: `This Vite project renders its pages on a server: the build script of ${joinPath(folder, 'package.json')} runs "vite build --ssr".`,
    hint: 'Let the script "start" run its server, as in "node server.js". To publish the files for the browser alone, set outputs in the app or in appflux.json to their folder.',
    searchBelow: true,
  };
}

const saying = (site: Finding, text: string): Finding => ({
  ...site,
  reasons: [...site.reasons, because('framework', text)],
});
