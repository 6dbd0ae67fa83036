/** Finds the generator of a site that is no JavaScript program, alone or beside a package.json. */
import { listed, quoted } from '@appflux/protocol';
import { allDependencies, type PackageJson } from '../../package-json.ts';
import { because } from '../../reason.ts';
import { insidePath } from '../../tree.ts';
import type { Finding, Refusal, Subject } from '../rule.ts';
import { whatRuns } from '../script-calls.ts';
import { detectFrameworks, type KnownFramework } from './build-info.ts';
import { programsOf } from './build-programs.ts';
import { BUNDLER, FOLDER_OPTION, generatedSite, isInSitesImage } from './generated-site.ts';
import { otherGenerator } from './generators.ts';
import { frameworkIn } from './packaged-site.ts';
import { finishedSite, generatorOf } from './static-files.ts';
import { isStylesOnly } from './styles-only.ts';

async function generatorIn({ tree, hasOwnImage }: Subject): Promise<KnownFramework | null> {
  const frameworks = await detectFrameworks({ names: tree.names(tree.base), pkg: null });
  const found = generatorOf(tree, tree.base, frameworks) ?? otherGenerator(tree, tree.base);
  return found === null || hasOwnImage
    ? found
    : { ...found, buildCommand: found.buildCommand?.replace(BUNDLER, '') ?? null };
}

/** A site whose generator is no JavaScript program, such as Hugo. */
export async function findGenerated(subject: Subject): Promise<Finding | Refusal | null> {
  const { tree } = subject;
  const generator = await generatorIn(subject);
  if (generator === null) return null;
  // A finished site beside its source needs no generator. Of one that can be built, other folders may be parts.
  const finished = finishedSite(tree, tree.base);
  const isFinished = finished?.unbuilt === null && finished.folder !== '.';
  const isItself = !isInSitesImage(generator) || finished?.folder === generator.directory;
  if (isFinished && isItself && !subject.hasOwnImage) return null;
  return generatedSite(
    subject,
    generator,
    `Framework: ${generator.name}, because of ${generator.file ?? 'its files'}.`,
  );
}

/** Generators of which package.json has only tools, such as a formatter or a compiler of style sheets. */
export async function generatedBeside(subject: Subject, pkg: PackageJson): Promise<Finding | Refusal | null> {
  const { tree } = subject;
  const build = whatRuns(pkg.scripts, 'build').trim().replace(BUNDLER, '');
  const generator = await generatorIn(subject);
  // Antora and Elm come as packages of npm.
  if (generator === null || allDependencies(pkg)[generator.id] !== undefined) return null;
  const program = generator.buildCommand?.split(' ')[0] ?? generator.id;
  const isCalled = new RegExp(`\\b${program}\\b`).test(build);
  if (build !== '' && !isCalled && !isStylesOnly(build)) return null;
  if (!isCalled && (await frameworkIn({ names: tree.names(tree.base), pkg })) !== null) return null;
  const others = programsOf(pkg.scripts).filter((name) => name !== program && name !== 'bundle');
  if (others.length > 0 && subject.buildCommand === null && !subject.hasOwnImage)
    return needsBoth(generator, others);
  const site = generatedSite(
    subject,
    withOptions(generator, build),
    `Framework: ${generator.name}, because of ${generator.file ?? 'its files'}.`,
  );
  if ('refusal' in site) return site;
  const text = `The packages of package.json are not installed: the image of ${generator.name} has no Node.`;
  return { ...site, reasons: [...site.reasons, because('install', text)] };
}

/** What a build script runs besides the generator would be missing from the site. */
const needsBoth = ({ name, buildCommand }: KnownFramework, others: readonly string[]): Refusal => ({
  refusal: `This is ${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name} site whose build script also runs ${listed(others, 4)}, and no builder image has both ${name} and Node.`,
  hint: `Set an image that has both in the app or in appflux.json. If ${name} alone makes the site, set the build command to ${quoted(buildCommand ?? name)}.`,
});

/** The generator's command with the options of the build script, if that does nothing else. */
function withOptions(generator: KnownFramework, build: string): KnownFramework {
  const isPlain = generator.buildCommand !== null && /^[\w./-]+(?: +[\w=./:,-]+)*$/.test(build);
  if (!isPlain || !build.startsWith(generator.buildCommand)) return generator;
  const folder = FOLDER_OPTION.exec(build)?.[1];
  const directory = (folder === undefined ? null : insidePath('', folder)) ?? generator.directory;
  return { ...generator, buildCommand: build, directory };
}
