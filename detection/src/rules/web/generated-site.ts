/** Sites whose generator is no JavaScript program: which image builds them, and which none does. */
import { SITES_IMAGE, WEB_IMAGE } from '../../images.ts';
import { because, type Reason } from '../../reason.ts';
import { joinPath } from '../../tree.ts';
import type { Finding, Refusal, Subject } from '../rule.ts';
import type { KnownFramework } from './build-info.ts';
import { jekyllBuild } from './jekyll.ts';

/** What the sites image has (builder-images/sites). */
const IN_SITES_IMAGE: ReadonlySet<string> = new Set(['hugo', 'jekyll', 'mkdocs']);

/** Whether the sites image builds what this generator makes. */
export const isInSitesImage = ({ id }: KnownFramework): boolean => IN_SITES_IMAGE.has(id);

/** How a generator's site is built; a refusal that names what is missing where no image of ours has it. */
export function generatedSite(subject: Subject, generator: KnownFramework, why: string): Finding | Refusal {
  const { id, name, buildCommand, directory } = generator;
  const finding: Finding = {
    type: 'web',
    framework: id,
    image: WEB_IMAGE,
    needsInstall: false,
    buildCommand,
    outputs: directory === null ? [] : [directory],
    reasons: [because('framework', why)],
  };
  if (subject.hasOwnImage) return finding;
  if (!isInSitesImage(generator)) return missing(generator, name);
  const has = (file: string) => subject.tree.isFile(joinPath(subject.tree.base, file));
  if (id === 'hugo' && has('go.mod')) return missing(generator, 'Go, which downloads the modules in go.mod');
  const image = because('image', `Image: ${SITES_IMAGE}, which has ${name}.`);
  if (id === 'jekyll') return withGems(subject, { ...finding, reasons: [...finding.reasons, image] });
  const install = id === 'mkdocs' && has('requirements.txt') ? requirements() : null;
  return {
    ...finding,
    image: SITES_IMAGE,
    ...(install === null ? {} : { installCommand: install.command }),
    reasons: [...finding.reasons, image, ...(install === null ? [] : [install.reason])],
  };
}

/** A Jekyll site, whose plugins and theme have to be in the image; a build command with options stays. */
function withGems({ tree }: Subject, finding: Finding): Finding | Refusal {
  const build = jekyllBuild(tree, tree.base);
  if ('refusal' in build) return build;
  const { buildCommand, outputs } = finding;
  const isPlain = buildCommand === null || /^(?:bundle exec )?jekyll build$/.test(buildCommand);
  return {
    ...finding,
    image: SITES_IMAGE,
    buildCommand: isPlain ? build.buildCommand : buildCommand,
    outputs: outputs[0] === '_site' ? [build.directory] : outputs,
    reasons: [...finding.reasons, ...build.reasons],
  };
}

function requirements(): { command: string; reason: Reason } {
  const command = 'pip install -r requirements.txt';
  return { command, reason: because('install', `Install command: ${command}, because the file exists.`) };
}

const missing = ({ name, directory }: KnownFramework, tool: string): Refusal => ({
  refusal: `This is ${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name} site, and no builder image has ${tool}.`,
  hint: `Set an image that has it in the app or in appflux.json, or deploy the folder that ${name} creates${directory === null ? '' : ` (${directory})`}.`,
});
