/** Variables with AppFlux's prefix that AppFlux does not know: a misspelled one would silently have no effect. */
import { closest, distance } from 'fastest-levenshtein';
import { FLAGS } from '../runner/src/config/settings.ts';
import { variantVariable } from './images/variant.ts';
import { BACKUP_SECRETS, START_VARIABLES } from './settings.ts';

/** All variables that begin with APPFLUX_ and have a meaning for anything that a start starts. */
const KNOWN = [
  ...START_VARIABLES.filter((name) => name.startsWith('APPFLUX_')),
  'APPFLUX_STATE',
  ...BACKUP_SECRETS,
  ...['android', 'flutter'].map(variantVariable),
  ...Object.values(FLAGS).map(({ env }) => env),
];

/** A name at this edit distance from a known one counts as a typo. */
const SLIP = 4;

/**
 * A sentence for each variable of the environment that begins with APPFLUX_ and is not known; it never shows a value.
 */
export function unknownVariables(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('APPFLUX_') && !KNOWN.includes(name))
    .map((name) => {
      const near = closest(name, KNOWN);
      const meant = distance(name, near) <= SLIP ? `: did you mean ${near}?` : '';
      return `${name} is not an AppFlux variable and has no effect${meant}`;
    });
}
