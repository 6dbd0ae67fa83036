/** Storybook: what a library of components shows of itself. */
import type { PackageJson } from '../../package-json.ts';
import { runInWorkspace, runScript } from '../../package-manager.ts';
import { because } from '../../reason.ts';
import { insidePath } from '../../tree.ts';
import type { Finding } from '../rule.ts';
import { finishSite, type PackagedFolder } from './packaged-site.ts';

/** What `storybook init` calls the script; others have the tool in another one with its name. */
const USUAL = 'build-storybook';

/** The script that builds the Storybook; null if there is none. What builds more than that is none. */
function scriptIn({ scripts }: PackageJson): string | null {
  if ((scripts[USUAL] ?? '').trim() !== '') return USUAL;
  const named = Object.entries(scripts).find(
    ([name, text]) =>
      name.includes('storybook') &&
      /^[\w:.-]+$/.test(name) &&
      /^(?:storybook build|build-storybook)(?: [^&|;]*)?$/.test(text.trim()),
  );
  return named?.[0] ?? null;
}

/**
 * The site of a package that has no other build than its Storybook's; null if it has another, or none.
 * https://storybook.js.org/docs/sharing/publish-storybook: it is written to `storybook-static`.
 */
export function storybookIn(place: PackagedFolder): Finding | null {
  return (place.pkg.scripts.build ?? '').trim() === '' ? storybookOf(place, 'no build script') : null;
}

/** Whether a package has a Storybook. */
export const hasStorybook = (pkg: PackageJson): boolean => scriptIn(pkg) !== null;

/**
 * The Storybook of a package, whatever else it builds; null if it has none.
 * @param why what speaks for it besides its script, as the end of a sentence
 */
export function storybookOf(place: PackagedFolder, why: string): Finding | null {
  const { pkg, manager, within } = place;
  const script = scriptIn(pkg);
  if (script === null) return null;
  const text = pkg.scripts[script] ?? '';
  const command = within === '' ? runScript(manager, script) : runInWorkspace(manager, within, script);
  const configured = /(?: -o| --output-dir)[ =]([\w@./-]{1,200})/.exec(text)?.[1];
  const folder = (configured === undefined ? null : insidePath('', configured)) ?? 'storybook-static';
  return finishSite(
    place,
    'storybook',
    command,
    [folder],
    [
      because('framework', `Framework: Storybook, because package.json has a ${script} script and ${why}.`),
      because('build', `Build command: ${command}, from the scripts of package.json.`),
      because('output', `Output: ${folder}.`),
    ],
  );
}
