/** Why a deployment failed: one list of codes, and for each a sentence that says what to do about it. */
import { z } from 'zod';
import { type BuildCandidate, BuildCandidates } from './candidate.ts';
import { Phase } from './phase.ts';

/** Every way a deployment can fail, with the advice shown beside it. */
export const FAILURE_ADVICE = {
  source_unavailable:
    'Check the repository URL, the branch and that this runner may read it; for a private repository add credentials.',
  source_invalid: 'Check the file or folder named in the message, then upload or push again.',
  malware_found:
    'Remove the file named in the message. If you are sure that it is harmless, ask the owner of the runner.',
  scan_unavailable:
    'The runner requires a malware scan and its scanner does not answer. Ask its owner to run `appflux-runner doctor`.',
  settings_invalid: 'Correct the setting named in the message, in the App or in appflux.json.',
  nothing_to_build:
    'Set the root directory if the project is in a subfolder, or set a build command and outputs in the App or in appflux.json.',
  ambiguous:
    'Choose one of the projects that the message names: set the root directory of the App to its folder.',
  image_unavailable:
    'The runner has no such builder image and could not make it. Ask its owner to run `appflux-runner doctor`.',
  install_failed:
    'The last lines of the log name the package at fault. Run the same install command in a clean checkout.',
  build_failed: 'The last lines of the log say why. Run the same build command in a clean checkout.',
  build_timeout:
    'Raise the time limit of the App, or make the build faster; the log shows the phase that took long.',
  out_of_memory:
    'Lower the memory that the build asks for (for Node, NODE_OPTIONS=--max-old-space-size), or ask the owner of the runner to raise its memory limit for builds.',
  disk_full:
    'The build wrote more than its disk limit. Make it write less, or ask the owner of the runner for more.',
  no_artifact:
    'The build ended well but made nothing where it was looked for. Set `outputs` in the App or in appflux.json.',
  artifact_invalid:
    'An output was not a regular file inside the project, or changed while it was read. Check the build’s outputs.',
  upload_failed:
    'The storage did not take an artifact. Redeploy; if it fails again, check the storage settings.',
  runner_lost:
    'The runners that tried this build went away. Check that the host is up and has memory and disk to spare, then redeploy.',
  no_runner:
    'No runner that may take this build came online in time. Start one, or change the labels the App asks for.',
  internal: 'This is a fault of AppFlux. Redeploy; if it happens again, report it with the deployment’s id.',
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
    /** What could be built instead, if anything is known. */
    candidates: BuildCandidates.optional(),
  })
  .meta({ id: 'Failure' });
export type Failure = z.infer<typeof Failure>;

/** A Failure with the advice of its code, cut to the length a record holds. */
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
