/** Storybook: what a library of components shows of itself. */
import type { PackageJson } from '../../package-json.ts';
import { runInWorkspace, runScript } from '../../package-manager.ts';
import { because } from '../../reason.ts';
import { insidePath } from '../../tree.ts';
import type { Finding } from '../rule.ts';
import { finishSite, type PackagedFolder } from './packaged-site.ts';

const SCRIPT = 'build-storybook';

/**
 * The site of a package that has no other build than its Storybook's; null if it has another, or none.
 * https://storybook.js.org/docs/sharing/publish-storybook: it is written to `storybook-static`.
 */
export function storybookIn(place: PackagedFolder): Finding | null {
  return (place.pkg.scripts.build ?? '').trim() === '' ? storybookOf(place, 'no build script') : null;
}

/** Whether a package has a Storybook. */
export const hasStorybook = ({ scripts }: PackageJson): boolean => (scripts[SCRIPT] ?? '').trim() !== '';

/**
 * The Storybook of a package, whatever else it builds; null if it has none.
 * @param why what speaks for it besides its script, as the end of a sentence
 */
export function storybookOf(place: PackagedFolder, why: string): Finding | null {
  const { pkg, manager, within } = place;
  if (!hasStorybook(pkg)) return null;
  const text = pkg.scripts[SCRIPT] ?? '';
  const command = within === '' ? runScript(manager, SCRIPT) : runInWorkspace(manager, within, SCRIPT);
  const configured = /(?: -o| --output-dir)[ =]([\w@./-]{1,200})/.exec(text)?.[1];
  const folder = (configured === undefined ? null : insidePath('', configured)) ?? 'storybook-static';
  return finishSite(
    place,
    'storybook',
    command,
    [folder],
    [
      because('framework', `Framework: Storybook, because package.json has a ${SCRIPT} script and ${why}.`),
      because('build', `Build command: ${command}, from the scripts of package.json.`),
      because('output', `Output: ${folder}.`),
    ],
  );
}
