/** What a folder with a package.json is: a site of a framework, a server, or whatever its build script makes. */
import { because } from '../../reason.ts';
import { joinPath } from '../../tree.ts';
import type { Finding, Refusal } from '../rule.ts';
import { whatRuns } from '../script-calls.ts';
import type { KnownFramework } from './build-info.ts';
import { libraryIn, pluginIn } from './library.ts';
import { findingFor, findingForScript, type PackagedFolder, whyHoisted } from './packaged-site.ts';
import { nodeBeside, programSite, serverByVite, workerBeside } from './servers/program-site.ts';
import { mayPublish } from './servers/with-server.ts';

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

const saying = (site: Finding, text: string): Finding => ({
  ...site,
  reasons: [...site.reasons, because('framework', text)],
});
