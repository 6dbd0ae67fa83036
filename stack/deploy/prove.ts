/** Tests what was deployed, and says how to go back. */

import { messageOf } from '../problem.ts';
import type { Progress } from '../progress.ts';
import type { DeploySettings } from './settings.ts';
import { deployOnce, smokeTest } from './smoke.ts';
import { FILES } from './step.ts';

/** A new host needs a certificate and DNS; a build needs a runner to start. Milliseconds. */
const ADDRESS_PATIENCE_MS = 10 * 60_000;
const BUILD_PATIENCE_MS = 10 * 60_000;

/**
 * Runs the smoke test and, if a runner is online, one deployment; prints what happened.
 * @param before the version that was deployed before; null if there was none
 * @returns the exit code
 */
export async function proveDeploy(
  settings: Pick<DeploySettings, 'public_url' | 'name'>,
  operatorSecret: string | null,
  before: string | null,
  progress: Progress,
): Promise<number> {
  const url = settings.public_url;
  const { failure, signInUrl } = await smokeTest({
    url,
    operatorSecret,
    patienceMs: ADDRESS_PATIENCE_MS,
    onPassed: (check) => progress.say(`Passed: ${check}`),
  });
  if (operatorSecret === null) {
    progress.say(`Not tested: what needs OPERATOR_SECRET, because ${FILES.secrets} does not have it.`);
  }
  let failed = failure === null ? null : `${failure.check}: ${failure.reason}`;
  if (failed === null && operatorSecret !== null) {
    try {
      const wasBuilt = await deployOnce(url, operatorSecret, BUILD_PATIENCE_MS);
      progress.say(
        wasBuilt
          ? 'Passed: a deployment by a runner'
          : 'Not tested: a deployment, because no runner is online. Run it again when one is (docs/operations.md).',
      );
    } catch (error) {
      failed = `a deployment by a runner: ${messageOf(error)}`;
    }
  }
  if (failed !== null) {
    progress.say(`Failed: ${failed}`, 'error');
    for (const line of rollbackText(settings.name, before)) progress.say(line, 'error');
    return 1;
  }
  progress.say(`The instance works: ${url}`);
  if (signInUrl !== null) progress.say(`Sign in as the owner within 24 hours, once: ${signInUrl}`);
  return 0;
}

/** How to go back to the version before. Pure. */
export const rollbackText = (name: string, before: string | null): string[] =>
  before === null
    ? ['There is no earlier version to go back to. "npm run deploy" goes on where it is needed.']
    : [
        `To go back to the version before: npx wrangler rollback ${before} --name ${name}`,
        'That takes back the Worker and the dashboard’s files. It does not take back migrations of the database, which ' +
          'the version before may not know: a rollback is safe while the plan above lists no migration.',
      ];
