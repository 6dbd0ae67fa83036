/** What to do after a deployment failed, as buttons: the setting to change, or another try. */
import type { AppSource, Failure, FailureCode } from '@appflux/protocol';
import type { SettingsSection } from '#lib/app/settings-sections.ts';

/** A next step that the page of a deployment offers. */
export type FailureStep =
  /** Open the settings of the app at a field, by its `name`. */
  | {
      readonly kind: 'settings';
      readonly section: SettingsSection;
      readonly field: string;
      readonly label: string;
    }
  | { readonly kind: 'redeploy'; readonly clearsCache: boolean }
  | { readonly kind: 'runners' }
  /** Open the app, to deploy another source. */
  | { readonly kind: 'app' };

const set = (section: SettingsSection, field: string, label: string): FailureStep => ({
  kind: 'settings',
  section,
  field,
  label,
});

const REDEPLOY: FailureStep = { kind: 'redeploy', clearsCache: false };
const REDEPLOY_CLEAN: FailureStep = { kind: 'redeploy', clearsCache: true };
const RUNNERS: FailureStep = { kind: 'runners' };
const ROOT = set('general', 'rootDirectory', 'Set the root directory');
const BUILD_COMMAND = set('build', 'buildCommand', 'Change the build command');
const INSTALL_COMMAND = set('build', 'installCommand', 'Change the install command');
const VARIABLES = set('variables', 'variables', 'Change the variables');
const OUTPUTS = set('build', 'outputs', 'Set the outputs');
const ANOTHER: FailureStep = { kind: 'app' };

const STEPS: Readonly<Record<FailureCode, readonly FailureStep[]>> = {
  source_unavailable: [
    set('general', 'branch', 'Change the branch'),
    set('general', 'credential', 'Set repository access'),
    REDEPLOY,
  ],
  source_invalid: [ROOT, ANOTHER],
  malware_found: [ANOTHER],
  scan_unavailable: [RUNNERS, REDEPLOY],
  settings_invalid: [set('build', 'framework', 'Open the build settings')],
  nothing_to_build: [ROOT, set('build', 'buildCommand', 'Set the build command'), ANOTHER],
  ambiguous: [ROOT],
  image_unavailable: [RUNNERS, set('build', 'image', 'Change the builder image'), REDEPLOY],
  install_failed: [INSTALL_COMMAND, VARIABLES, REDEPLOY_CLEAN],
  build_failed: [BUILD_COMMAND, VARIABLES, REDEPLOY_CLEAN],
  build_timeout: [set('build', 'minutes', 'Raise the time limit'), REDEPLOY],
  out_of_memory: [set('variables', 'variables', 'Set NODE_OPTIONS'), RUNNERS],
  disk_full: [REDEPLOY_CLEAN, RUNNERS],
  no_artifact: [OUTPUTS, BUILD_COMMAND],
  artifact_invalid: [OUTPUTS],
  budget_exceeded: [set('budgets', 'budgets', 'Change the size budgets'), REDEPLOY],
  upload_failed: [REDEPLOY],
  runner_lost: [RUNNERS, REDEPLOY],
  no_runner: [RUNNERS, set('build', 'labels', 'Change the runner labels'), REDEPLOY],
  internal: [REDEPLOY],
};

/** The steps after a failure, the most likely one first, as far as they apply to the source of the app. */
export function failureSteps(
  { code }: Pick<Failure, 'code'>,
  provider: AppSource['provider'],
): FailureStep[] {
  return STEPS[code].filter((step) => {
    const isForGit = step.kind === 'settings' && (step.field === 'branch' || step.field === 'credential');
    return provider !== 'upload' || !isForGit;
  });
}
