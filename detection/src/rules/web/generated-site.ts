/** Sites whose generator is no JavaScript program: which image builds them, and which none does. */
import { SITES_IMAGE, WEB_IMAGE } from '../../images.ts';
import { because, type Reason } from '../../reason.ts';
import { joinPath } from '../../tree.ts';
import type { Finding, Refusal, Subject } from '../rule.ts';
import type { KnownFramework } from './build-info.ts';
import { generatorFolder } from './generator-folder.ts';
import { jekyllGems } from './jekyll.ts';

/** What the sites image has (builder-images/sites). */
const IN_SITES_IMAGE: ReadonlySet<string> = new Set(['hugo', 'jekyll', 'mkdocs']);

/** Runs a program of Ruby in the versions that a project has locked. The sites image has one version of each. */
export const BUNDLER = /^bundle exec /;

/** The options of generators that name the folder to write to. */
export const FOLDER_OPTION = / (?:-d|--destination|--site-dir|--output-dir)[ =]([\w./-]+)/;

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
  const { tree } = subject;
  const has = (file: string) => tree.isFile(joinPath(tree.base, file));
  if (id === 'hugo' && has('go.mod')) return missing(generator, 'Go, which downloads the modules in go.mod');
  const gems = id === 'jekyll' ? jekyllGems(tree, tree.base) : null;
  if (gems !== null && 'refusal' in gems) return gems;
  const install = id === 'mkdocs' && has('requirements.txt') ? requirements() : null;
  const image = because('image', `Image: ${SITES_IMAGE}, which has ${name}.`);
  const reasons = [...finding.reasons, image, gems, install?.reason ?? null];
  return {
    ...finding,
    ...written(subject, generator),
    image: SITES_IMAGE,
    ...(install === null ? {} : { installCommand: install.command }),
    reasons: reasons.filter((reason) => reason !== null),
  };
}

/** The generator's command and its folder, which the configuration may name where the command does not. */
function written(
  { tree }: Subject,
  { id, buildCommand, directory }: KnownFramework,
): Pick<Finding, 'buildCommand' | 'outputs'> {
  const folder = generatorFolder(tree, tree.base, id);
  const command = buildCommand?.replace(BUNDLER, '') ?? null;
  const outputs = directory === null ? [] : [directory];
  if (folder === null || command === null || FOLDER_OPTION.test(command))
    return { buildCommand: command, outputs };
  return { buildCommand: `${command}${folder.options}`, outputs: [folder.directory] };
}

function requirements(): { command: string; reason: Reason } {
  const command = 'pip install -r requirements.txt';
  return { command, reason: because('install', `Install command: ${command}, because the file exists.`) };
}

const missing = ({ name, directory }: KnownFramework, tool: string): Refusal => ({
  refusal: `This is ${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name} site, and no builder image has ${tool}.`,
  hint: `Set an image that has it in the app or in appflux.json, or deploy the folder that ${name} creates${directory === null ? '' : ` (${directory})`}.`,
});
