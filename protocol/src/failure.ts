/** Why a deployment failed: one list of codes, and for each a sentence that says what to do. */
import { z } from 'zod';
import { type BuildCandidate, BuildCandidates } from './candidate.ts';
import { FailureLocation } from './failure-location.ts';
import { Phase } from './phase.ts';

/** Every way a deployment can fail, with the advice shown beside it. */
export const FAILURE_ADVICE = {
  source_unavailable:
    'Check the repository URL and the branch, and that this runner can read it. A private repository needs credentials.',
  source_invalid: 'Check the file or folder named in the message, then upload or push again.',
  malware_found:
    'Remove the file named in the message. If you are sure that it is harmless, ask the owner of the runner.',
  scan_unavailable:
    'The runner requires a malware scan, but its scanner does not answer. Ask its owner to run `appflux-runner doctor`.',
  settings_invalid: 'Correct the setting named in the message, in the app or in appflux.json.',
  nothing_to_build:
    'Set the root directory if the project is in a subfolder, or set a build command and outputs in the app or in appflux.json.',
  ambiguous:
    'Choose one of the projects that the message names: set the root directory of the app to its folder.',
  image_unavailable:
    'The runner doesn’t have this builder image and couldn’t build it. Ask its owner to run `appflux-runner doctor`.',
  install_failed:
    'The last lines of the log name the package that failed. Run the same install command in a clean checkout.',
  build_failed: 'The last lines of the log say why. Run the same build command in a clean checkout.',
  build_timeout:
    'Raise the time limit of the app, or make the build faster. The log shows how long each phase took.',
  out_of_memory:
    'Reduce the memory that the build uses (for Node, NODE_OPTIONS=--max-old-space-size), or ask the owner of the runner to raise its memory limit for builds.',
  disk_full:
    'The build exceeded its disk limit. Make it write less, or ask the owner of the runner for a higher limit.',
  no_artifact:
    'The build succeeded but created no files at the expected paths. Set `outputs` in the app or in appflux.json.',
  artifact_invalid:
    'An output is not a regular file inside the project, or changed while it was read. Check the build’s outputs.',
  budget_exceeded:
    'The log and the page of the deployment name the largest files. Make them smaller, or raise the budget in the app or in appflux.json.',
  upload_failed:
    'Storage did not accept an artifact. Redeploy; if it fails again, check the storage settings.',
  runner_lost:
    'The runners of this build disconnected. Check that their host is up and has free memory and disk, then redeploy.',
  no_runner: 'No matching runner came online in time. Start one, or change the labels that the app asks for.',
  internal: 'This is a bug in AppFlux. Redeploy; if it happens again, report it with the deployment’s id.',
} as const;

export type FailureCode = keyof typeof FAILURE_ADVICE;
export const FailureCode = z.enum(Object.keys(FAILURE_ADVICE) as [FailureCode, ...FailureCode[]]);

/** How a failed deployment ended. `message` says what happened, `hint` what to do about it. */
export const Failure = z
  .strictObject({
    code: FailureCode,
    message: z.string().max(2000),
    phase: Phase.nullable(),
    hint: z.string().max(2000),
    /** What could be built instead, if known. */
    candidates: BuildCandidates.optional(),
    /** Where in the source; absent if unknown. A runner sends it only to an edge that accepts FAILURE_LOCATION. */
    location: FailureLocation.optional(),
  })
  .meta({ id: 'Failure' });
export type Failure = z.infer<typeof Failure>;

/** A Failure with the advice of its code, cut to the maximum length of a record. */
export function failure(
  code: FailureCode,
  message: string,
  phase: Phase | null = null,
  hint?: string,
  candidates: readonly BuildCandidate[] = [],
): Failure {
  return {
    code,
    message: message.slice(0, 2000),
    phase,
    hint: (hint ?? FAILURE_ADVICE[code]).slice(0, 2000),
    ...(candidates.length > 0 && { candidates: candidates.slice(0, 20) }),
  };
}
