/** Which variables of an App a build had. */
import type { Environment } from '@appflux/protocol';
import { journal } from '../journal.ts';
import type { SealedVariable } from '../metadata/metadata.ts';
import { type Sealer, variableLabel } from '../secrets/sealing.ts';

/**
 * The names of the variables that production has now with another value than a build in `environment` had, or that only one
 * of the two has, in alphabetical order. A value that can't be opened any more counts as another one.
 */
export async function differingVariables(
  {
    appId,
    built,
    environment,
    now,
  }: {
    appId: string;
    built: Readonly<Record<string, SealedVariable>>;
    environment: Environment;
    now: Readonly<Record<string, SealedVariable>>;
  },
  sealer: Sealer,
): Promise<string[]> {
  const had = sealedOf(built, environment);
  const has = sealedOf(now, 'production');
  const names = [...new Set([...had.keys(), ...has.keys()])].sort();
  const differing = await Promise.all(
    names.map(async (name) => {
      const [before, after] = [had.get(name), has.get(name)];
      if (before === after) return false;
      if (before === undefined || after === undefined) return true;
      return !(await isSameValue([before, after], variableLabel(appId, name), sealer));
    }),
  );
  return names.filter((_, index) => differing[index]);
}

const sealedOf = (variables: Readonly<Record<string, SealedVariable>>, environment: Environment) =>
  new Map(
    Object.entries(variables)
      .filter(([, { environments }]) => environments.includes(environment))
      .map(([name, { sealed }]) => [name, sealed]),
  );

/** The same value is sealed differently each time. */
async function isSameValue(
  [before, after]: readonly [string, string],
  label: string,
  sealer: Sealer,
): Promise<boolean> {
  const current = await sealer.open(after, label);
  try {
    return (await sealer.open(before, label)) === current;
  } catch (error) {
    // Ended deployments keep what they were built with under the key of that time, which may be gone.
    journal.info(`${label} of an earlier build can’t be compared: ${String(error)}`);
    return false;
  }
}
