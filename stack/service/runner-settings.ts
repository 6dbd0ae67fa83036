/** The settings of the runner that is a service. */
import { readSettings, type Settings } from '../settings.ts';
import { RUNNER_STATE } from './units.ts';

/** Its name in the dashboard. */
export const SERVICE_RUNNER = 'service';

/**
 * The settings of a start with the environment of the services, with the runner's own state folder.
 * @throws StackProblem `settings_invalid`
 */
export const runnerSettings = (env: NodeJS.ProcessEnv, root: string): Settings =>
  readSettings({ ...env, APPFLUX_STATE: RUNNER_STATE }, root);
