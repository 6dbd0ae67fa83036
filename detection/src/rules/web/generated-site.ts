/** Sites whose generator is no JavaScript program: which image builds them, and which none does. */
import { SITES_IMAGE, WEB_IMAGE } from '../../images.ts';
import { because, type Reason } from '../../reason.ts';
import { joinPath } from '../../tree.ts';
import type { Finding, Refusal, Subject } from '../rule.ts';
import type { KnownFramework } from './build-info.ts';

/** What the sites image has (builder-images/sites). */
const IN_SITES_IMAGE: ReadonlySet<string> = new Set(['hugo', 'mkdocs']);

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
  if (!IN_SITES_IMAGE.has(id)) return missing(generator, name);
  const has = (file: string) => subject.tree.isFile(joinPath(subject.tree.base, file));
  if (id === 'hugo' && has('go.mod')) return missing(generator, 'Go, which downloads the modules in go.mod');
  const image = because('image', `Image: ${SITES_IMAGE}, which has ${name}.`);
  const install = id === 'mkdocs' && has('requirements.txt') ? requirements() : null;
  return {
    ...finding,
    image: SITES_IMAGE,
    ...(install === null ? {} : { installCommand: install.command }),
    reasons: [...finding.reasons, image, ...(install === null ? [] : [install.reason])],
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
