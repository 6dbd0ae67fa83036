/** The rule for web sites: whatever ends as a folder of files for a browser. */

import { quoted } from '@appflux/protocol';
import { DetectionFailure } from '../../failure.ts';
import { WEB_IMAGE } from '../../images.ts';
import { nearest } from '../../nearest.ts';
import type { PackageJson } from '../../package-json.ts';
import { runScript } from '../../package-manager.ts';
import { because, type Reason } from '../../reason.ts';
import { joinPath } from '../../tree.ts';
import { type Finding, ownPackage, type Refusal, type Rule, type Subject } from '../rule.ts';
import { frameworkByName } from './build-info.ts';
import { delegatesOnly, programsOf } from './build-programs.ts';
import { findGenerated, generatedBeside } from './find-generated.ts';
import { blazorSite } from './foreign-manifest.ts';
import { foreignServer } from './foreign-server.ts';
import { unlistedByName } from './frameworks/unlisted.ts';
import { generatedSite, isInSitesImage } from './generated-site.ts';
import { generatorById } from './generators.ts';
import { otherProduct } from './other-product.ts';
import {
  findingFor,
  frameworkFromAbove,
  frameworkIn,
  type PackagedFolder,
  placeIn,
} from './packaged-site.ts';
import { pwaReason } from './pwa.ts';
import { programSite, SERVER_FRAMEWORKS } from './servers/program-site.ts';
import { siteOrScript } from './site-in.ts';
import { finishedSite } from './static-files.ts';
import { hasStorybook, storybookIn, storybookOf } from './storybook.ts';
import { siteOfWorkspace } from './workspace.ts';
import { buildWithDependencies, dependsOnSiblings } from './workspace-build.ts';
import { isWorkspace } from './workspace-packages.ts';

export const webRule: Rule = {
  // build-info knows their names, and which versions of a package they stand for.
  frameworks: [],
  types: ['web', 'pwa'],
  looksFor: 'a package.json with a build script or a web framework, an index.html',
  async find(subject) {
    const own = ownPackage(subject);
    if (subject.framework !== null) return findNamed(subject, subject.framework, own);
    // Outputs that are set ask for files, whatever else the source is.
    const foreign = subject.servers === 'declined' ? null : foreignServer(subject);
    if (foreign !== null) return foreign;
    const blazor = blazorSite(subject);
    if (blazor !== null) return blazor;
    if (own === null) return (await findGenerated(subject)) ?? findFinished(subject, null);
    return (
      otherProduct({ tree: subject.tree, folder: subject.tree.base, pkg: own }) ??
      (await generatedBeside(subject, own)) ??
      (await findPackaged(subject, own)) ??
      findFinished(subject, own)
    );
  },
};

async function findPackaged(subject: Subject, pkg: PackageJson): Promise<Finding | Refusal | null> {
  const found = await findSite(subject, pkg);
  return found === null || 'refusal' in found ? found : withSiblings(subject, pkg, found);
}

/** A package of a workspace that depends on others there is built from the workspace's top, with them. */
function withSiblings(subject: Subject, pkg: PackageJson, found: Finding): Finding {
  const { tree, manager, packages } = subject;
  const at = packages.slice(1).find((above) => isWorkspace(tree.from(above.folder), above.pkg));
  if (at === undefined || found.buildCommand !== runScript(manager, 'build')) return found;
  const top = { tree, folder: at.folder, pkg: at.pkg, manager };
  const build = dependsOnSiblings(top, pkg) ? buildWithDependencies(top, pkg) : null;
  if (build === null) return found;
  const depth = tree.base.split('/').length - (at.folder === '' ? 0 : at.folder.split('/').length);
  const command = `cd ${Array(depth).fill('..').join('/')} && ${build.command}`;
  const text = `Build command: ${command}, with ${build.by}, including the workspace packages that it depends on.`;
  const others = found.reasons.filter(({ about }) => about !== 'build');
  return { ...found, buildCommand: command, reasons: [...others, because('build', text)] };
}

async function findSite(subject: Subject, pkg: PackageJson): Promise<Finding | Refusal | null> {
  const { tree, packages } = subject;
  const place = placeIn(subject, '', pkg);
  const names = tree.names(tree.base);
  const framework = await frameworkIn({ names, pkg });
  const workspace = isWorkspace(tree, pkg);
  // A workspace's top often lists frameworks that only its packages use.
  if (workspace && !hasPages(subject)) {
    const site = await siteOfWorkspace(subject, pkg);
    if (site !== null) return site;
  }
  const storybook = storybookIn(place);
  if (storybook !== null) return storybook;
  if (workspace && framework === null && !hasPages(subject) && delegatesOnly(programsOf(pkg.scripts)))
    return WITHOUT_SITE;
  const above = packages.slice(1).map((at) => at.pkg);
  const site = siteOrScript(place, framework, await frameworkFromAbove({ names, pkg }, above));
  return withStorybook(place, site);
}

/** A workspace whose script builds its packages, of which none is a site. */
const WITHOUT_SITE: Refusal = {
  refusal: 'This workspace has no site: its build script builds packages, and none of them is one.',
  hint: 'If one of them is a site, set the root directory of the app to its folder, or set outputs in the app or in appflux.json.',
  searchBelow: true,
  isLibrary: true,
};

/** A library's only site is its Storybook; beside a site, it is another that can be chosen. */
function withStorybook(place: PackagedFolder, site: Finding | Refusal | null): Finding | Refusal | null {
  if (site === null || !hasStorybook(place.pkg)) return site;
  if ('refusal' in site)
    return site.isLibrary === true ? storybookOf(place, 'its build makes a library') : site;
  return { ...site, also: ['storybook'] };
}

/** Whether the root directory itself holds what a site is made of. */
const hasPages = ({ tree }: Subject): boolean =>
  tree.isFile(joinPath(tree.base, 'index.html')) ||
  ['src', 'app', 'pages'].some(
    (name) =>
      tree.isFolder(joinPath(tree.base, name)) && !tree.isFile(joinPath(tree.base, name, 'package.json')),
  );

/** The framework that the app is set to. */
async function findNamed(
  subject: Subject,
  name: string,
  pkg: PackageJson | null,
): Promise<Finding | Refusal | null> {
  const { tree } = subject;
  if (/^(?:html|static|static-html|none)$/i.test(name)) {
    const folder = finishedSite(tree, tree.base)?.folder ?? null;
    return folder === null ? null : publishedAsIs(subject, folder, []);
  }
  const generator = generatorById(name);
  if (generator !== null) {
    return generatedSite(subject, generator, `Framework: ${generator.name}, from the app’s settings.`);
  }
  if (pkg !== null && SERVER_FRAMEWORKS.has(name.toLowerCase())) {
    const site = programSite(placeIn(subject, '', pkg));
    if (site !== null) return site;
    throw unfit(name.toLowerCase());
  }
  if (pkg !== null && name.toLowerCase() === 'storybook') {
    const site = storybookOf(placeIn(subject, '', pkg), 'the app’s settings ask for it');
    if (site !== null) return site;
    throw unfit('storybook');
  }
  const unlisted = unlistedByName(name);
  if (unlisted !== null && pkg !== null)
    return findingFor(
      placeIn(subject, '', pkg),
      unlisted,
      `Framework: ${unlisted.name}, from the app’s settings.`,
    );
  const outcome = await frameworkByName(name, { names: tree.names(tree.base), pkg });
  if ('known' in outcome) {
    const meant = nearest(name, [...outcome.known, 'html']);
    throw new DetectionFailure(
      'settings_invalid',
      `The app’s framework ${quoted(name)} is unknown. Did you mean "${meant}"?`,
      { hint: 'Correct the framework in the app, or set it to auto-detect.' },
    );
  }
  if ('unfit' in outcome) throw unfit(outcome.unfit);
  const why = `Framework: ${outcome.framework.name}, from the app’s settings.`;
  if (pkg === null || isInSitesImage(outcome.framework))
    return generatedSite(subject, outcome.framework, why);
  return findingFor(placeIn(subject, '', pkg), outcome.framework, why);
}

const unfit = (id: string): DetectionFailure =>
  new DetectionFailure('settings_invalid', `The app’s framework is ${id}, but the source doesn’t match it.`, {
    hint: 'Set the framework of the app to auto-detect.',
  });

/** A site that is published as it is; a refusal where its page has to be built first, and nothing says how. */
function findFinished(subject: Subject, pkg: PackageJson | null): Finding | Refusal | null {
  const { tree } = subject;
  const finished = finishedSite(tree, tree.base);
  if (finished === null) return null;
  if (finished.unbuilt !== null) return withoutBuild(finished.folder, finished.unbuilt, pkg);
  const why = because('framework', 'Framework: none; package.json has no build script and no web framework.');
  return publishedAsIs(subject, finished.folder, pkg === null ? [] : [why]);
}

/** Names of scripts that may be the build, by another name. */
const LIKE_BUILD =
  /^(?:build[:-].*|bundle|compile|dist|prod|production|webpack|make|generate|export|prepublish(?:Only)?)$/;

/** The refusal of a page that browsers can't run as it is. */
function withoutBuild(folder: string, unbuilt: string, pkg: PackageJson | null): Refusal {
  const page = joinPath(folder, 'index.html');
  const script = Object.keys(pkg?.scripts ?? {}).find((name) => LIKE_BUILD.test(name));
  const lacks =
    pkg === null ? 'there is no package.json with a "build" script' : 'package.json has no "build" script';
  const build =
    script === undefined
      ? 'Add a "build" script to package.json, such as "vite build", and its bundler to devDependencies.'
      : `Set the build command in the app or in appflux.json to what runs the script ${quoted(script)}, or name it "build".`;
  return {
    refusal: `${page} ${unbuilt}, and ${lacks}.`,
    hint: `${build} To publish the files as they are, set the framework of the app to html.`,
  };
}

function publishedAsIs({ tree }: Subject, folder: string, why: readonly Reason[]): Finding {
  const pwa = pwaReason(tree, joinPath(tree.base, folder), {});
  const what = folder === '.' ? 'index.html' : `${folder}/index.html`;
  return {
    type: pwa === null ? 'web' : 'pwa',
    framework: null,
    image: WEB_IMAGE,
    needsInstall: false,
    buildCommand: null,
    outputs: [folder],
    reasons: [
      ...why,
      because(
        'build',
        `No build: ${folder === '.' ? 'the folder' : folder} has ${what} and is published as it is.`,
      ),
      ...(pwa === null ? [] : [because('type', pwa)]),
    ],
  };
}
