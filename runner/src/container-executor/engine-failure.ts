/** What a failed build says when the container engine is at fault. */

import type { Journal } from '../journal.ts';
import { own } from '../masking/sentence.ts';
import { engineMessage, engineStatus } from '../sandbox/engine.ts';
import { JobFailure } from '../step-context.ts';

/** What engines report when their disk is full (strerror(3) of ENOSPC and EDQUOT). */
const NO_SPACE = /no space left on device|disk quota exceeded/i;

/**
 * The failure to report for an error of the engine; a JobFailure is returned as it is. The engine's message goes to the
 * journal only, because it can name paths of the host.
 */
export function engineFailure(error: unknown, journal: Journal): JobFailure {
  if (error instanceof JobFailure) return error;
  journal.error('The engine could not run a build', {
    status: engineStatus(error),
    error: engineMessage(error),
  });
  if (NO_SPACE.test(engineMessage(error))) {
    return new JobFailure('disk_full', own('The disk of the runner’s container engine is full'), {
      hint: own('Ask the owner of the runner to free disk space, then redeploy.'),
      ofMachine: true,
      cause: error,
    });
  }
  return new JobFailure('internal', own('The runner’s container engine could not run the build'), {
    hint: own('Redeploy; if it happens again, ask the owner of the runner to run `appflux-runner doctor`.'),
    cause: error,
  });
}
