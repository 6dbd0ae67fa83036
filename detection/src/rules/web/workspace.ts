/** Sites in workspaces (monorepos). */
import { listed } from '@appflux/protocol';
import { type PackageJson, packageVersion, parsePackageJson } from '../../package-json.ts';
import { runInWorkspace } from '../../package-manager.ts';
import { because } from '../../reason.ts';
import { joinPath } from '../../tree.ts';
import type { Elsewhere, Finding, Refusal, Subject } from '../rule.ts';
import { libraryIn } from './library.ts';
import { nxSites } from './nx.ts';
import { findingForScript, frameworkFromAbove, frameworkIn, placeIn } from './packaged-site.ts';
import { siteIn } from './site-in.ts';
import { buildWithDependencies, type WorkspaceTop } from './workspace-build.ts';
import { packageFolders } from './workspace-packages.ts';

interface Member {
  /** Relative to the workspace's top. */
  readonly folder: string;
  /** Null for a project of Nx that has none. */
  readonly pkg: PackageJson | null;
  readonly outcome: Finding | Refusal;
}

/**
 * The site of a workspace: the only one, or the one whose folder has the name that sites have; a refusal if none
 * stands out, or if what there is cannot be published; null if there is none.
 */
export async function siteOfWorkspace(subject: Subject, top: PackageJson): Promise<Finding | Refusal | null> {
  const members = await membersOf(subject, top);
  if (members.length === 0) return onlyScript(subject, top);
  const sites = members.flatMap(({ outcome, ...member }) =>
    'refusal' in outcome ? [] : { ...member, outcome },
  );
  const best = Math.min(...sites.map(rank));
  const [chosen, ...equals] = sites.filter((site) => rank(site) === best);
  if (equals.length > 0) {
    return {
      refusal: `This workspace has several sites: ${listed(
        sites.map(({ folder }) => folder),
        8,
      )}.`,
      hint: 'Set the root directory of the app to one of these folders.',
      elsewhere: elsewhere(subject, sites),
    };
  }
  if (chosen === undefined) return members[0]?.outcome ?? null;
  return builtFromTop(
    subject,
    top,
    chosen,
    sites.filter((site) => site !== chosen),
  );
}

/**
 * What a build script makes of no framework that is known, where one package only can be the site by its place: called
 * like a site, or an app; and neither is the top built by a script of its own. Null for anything else.
 */
function onlyScript(subject: Subject, top: PackageJson): Finding | null {
  if (top.scripts.build !== undefined) return null;
  const found = packageFolders(subject.tree, top).flatMap((within) => {
    const pkg = packageIn(subject, within);
    const place = placeIn(subject, within, pkg);
    const outcome = libraryIn(place) === null ? findingForScript(place) : null;
    return outcome === null ? [] : [{ folder: within, pkg, outcome }];
  });
  const [site, ...others] = found.filter((one) => one.folder.startsWith('apps/') || rank(one) === 0);
  return site === undefined || others.length > 0 ? null : builtFromTop(subject, top, site, []);
}

function packageIn({ tree }: Subject, within: string): PackageJson {
  const path = joinPath(tree.base, within, 'package.json');
  return parsePackageJson(tree.text(path) ?? '{}', path);
}

/** A member that can be built. */
type SiteMember = Member & { readonly outcome: Finding };

/** Sites of the workspace to choose from, the likeliest first. */
const elsewhere = ({ tree }: Subject, sites: readonly SiteMember[]): Elsewhere[] =>
  sites
    .toSorted((one, other) => rank(one) - rank(other))
    .map(({ folder, outcome: { type, framework } }) => ({
      folder: joinPath(tree.base, folder),
      type,
      framework,
    }));

async function membersOf(subject: Subject, top: PackageJson): Promise<Member[]> {
  const { tree } = subject;
  const folders = packageFolders(tree, top);
  const members: Member[] = nxSites(subject, folders).map(({ folder, finding }) => ({
    folder,
    pkg: null,
    outcome: finding,
  }));
  for (const within of folders) {
    if (members.some((member) => member.folder === within)) continue;
    const folder = joinPath(tree.base, within);
    const pkg = packageIn(subject, within);
    const view = { names: tree.names(folder), pkg };
    const hoisted = await frameworkFromAbove(view, [top]);
    const outcome = siteIn(placeIn(subject, within, pkg), await frameworkIn(view), hoisted);
    if (outcome !== null) members.push({ folder: within, pkg, outcome });
  }
  return members;
}

const MAIN = /^(?:web|www|site|website|app|webapp|web-app|frontend|client|main)$/;
const SECONDARY = /^(?:docs?|documentation|storybook|admin)$/;
/** What shows or tests the others. */
const ASIDE = /^(?:examples?|demos?|playgrounds?|sandbox|e2e|tests?|fixtures?|benchmarks?|templates?)$/;

/** Above every rank of a site with pages. */
const PROGRAM_RANK = 10;

/** How likely a package is the workspace's site; less is likelier. A server without pages is less likely than any. */
function rank({ folder, outcome: { server } }: SiteMember): number {
  const program = server?.kind === 'node' || server?.kind === 'worker' ? PROGRAM_RANK : 0;
  const parts = folder.toLowerCase().split('/');
  if (parts.some((part) => ASIDE.test(part.replace(/^.*-(?=e2e$)/, '')))) return program + 3;
  if (parts.some((part) => SECONDARY.test(part))) return program + 2;
  return program + (MAIN.test(parts.at(-1) ?? '') ? 0 : 1);
}

/** Why the site that was chosen comes before others. */
function whyBefore(chosen: SiteMember, others: readonly SiteMember[]): string {
  if (rank(chosen) === 0) return 'because of its name';
  const are = others.length === 1 ? 'other is' : 'others are';
  return others.every((other) => rank(other) >= PROGRAM_RANK) && rank(chosen) < PROGRAM_RANK
    ? `because the ${are} only a server`
    : `because the ${are} named like documentation, an example or a tool`;
}

/**
 * A workspace's own build script knows the order in which its packages are built: it is preferred, unless it
 * builds other sites, too, and a tool can build only this one.
 */
function builtFromTop(
  subject: Subject,
  topPkg: PackageJson,
  site: SiteMember,
  others: readonly SiteMember[],
): Finding {
  const { folder, pkg, outcome } = site;
  const { tree, manager } = subject;
  const top: WorkspaceTop = { tree, folder: tree.base, pkg: topPkg, manager };
  const isScript = pkg !== null && outcome.buildCommand === runInWorkspace(manager, folder, 'build');
  const filtered = isScript ? buildWithDependencies(top, pkg) : null;
  const own = findingForScript(placeIn(subject, '', topPkg));
  const chosen =
    own !== null && pkg !== null && (others.length === 0 || filtered === null)
      ? { command: own.buildCommand, why: `the build script of the workspace, which also builds ${folder}` }
      : filtered === null
        ? null
        : { command: filtered.command, why: `with ${filtered.by}, including what ${folder} depends on` };
  const reasons = [
    ...outcome.reasons.filter(({ about }) => about !== 'build' || chosen === null),
    ...(chosen === null ? [] : [because('build', `Build command: ${chosen.command}, ${chosen.why}.`)]),
    ...(others.length === 0
      ? []
      : [because('framework', `Chosen from the workspace’s sites: ${folder}, ${whyBefore(site, others)}.`)]),
  ];
  return {
    ...outcome,
    buildCommand: chosen?.command ?? outcome.buildCommand,
    reasons,
    version: outcome.version ?? packageVersion(pkg),
    elsewhere: elsewhere(subject, others),
  };
}
