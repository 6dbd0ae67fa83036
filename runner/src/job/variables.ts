/** The environment that a build sees. Pure. */

import { isReservedVariable, type Job } from '@appflux/protocol';
import { own, say } from '../masking/sentence.ts';
import { LISTS } from '../sandbox/surroundings.ts';
import { JobFailure, type PreparedSource } from '../step-context.ts';

/** The longest `NAME=value` that Linux passes to a program (MAX_ARG_STRLEN, execve(2)), less the final zero. */
const LONGEST_ENTRY = 131_071;
/** The engine and the kernel take about 2 MB of environment and arguments together (ARG_MAX); some is left for tools. */
const LONGEST_ALTOGETHER = 1_500_000;

/** The variables that AppFlux sets for every build (docs/api.md). */
export function platformVariables(
  job: Job,
  source: Pick<PreparedSource, 'commitHash' | 'commitMessage' | 'branch'>,
): Record<string, string> {
  return {
    CI: 'true',
    APPFLUX: '1',
    APPFLUX_DEPLOYMENT_ID: job.deploymentId,
    APPFLUX_APP: job.app.slug,
    APPFLUX_ENVIRONMENT: job.environment,
    APPFLUX_URL: job.url,
    APPFLUX_BRANCH: source.branch ?? '',
    APPFLUX_COMMIT_SHA: source.commitHash ?? '',
    APPFLUX_COMMIT_MESSAGE: source.commitMessage ?? '',
    APPFLUX_BUILD_NUMBER: String(job.buildNumber),
  };
}

/** Variables of an app that builds don’t get, because their names are reserved: earlier versions accepted them. */
export const ignoredVariables = (variables: Readonly<Record<string, string>>): string[] =>
  Object.keys(variables).filter(isReservedVariable);

/** Layers of variables, in which a later layer wins. */
export interface EnvironmentLayers {
  /** Suggestions that an app may overrule, such as the registry's address. */
  readonly defaults: Readonly<Record<string, string>>;
  /** The app's own. */
  readonly app: Readonly<Record<string, string>>;
  /** What the sandbox depends on: the proxy's address. */
  readonly sandbox: Readonly<Record<string, string>>;
  /** AppFlux's own variables, and parameters of the entry script. */
  readonly platform: Readonly<Record<string, string>>;
}

/**
 * Puts the layers together. An app may set CI and the like as it wants, but no reserved variable: APPFLUX_ ones
 * are set by the platform or parameters of the image's entry script, and without the others nothing starts.
 * @throws {JobFailure} `settings_invalid` for what no program can be given
 */
export function buildEnvironment(layers: EnvironmentLayers): Record<string, string> {
  const { CI = 'true', ...platform } = layers.platform;
  const app = Object.fromEntries(Object.entries(layers.app).filter(([name]) => !isReservedVariable(name)));
  const environment: Record<string, string> = {
    ...layers.defaults,
    CI,
    ...app,
    ...layers.sandbox,
    ...platform,
  };
  for (const name of LISTS) {
    const words = [app[name], layers.sandbox[name]].filter((value) => value !== undefined);
    // Of two words that say the same, Java takes the last: the app's settings stay, and those that it cannot build without.
    if (words.length > 1) environment[name] = words.join(' ');
  }
  let total = 0;
  for (const [name, value] of Object.entries(environment)) {
    const size = Buffer.byteLength(name) + Buffer.byteLength(value) + 1;
    total += size;
    if (size > LONGEST_ENTRY) {
      throw new JobFailure(
        'settings_invalid',
        say`The variable ${name} is longer than an environment variable can be (128 KB)`,
      );
    }
    if (value.includes('\0')) {
      throw new JobFailure(
        'settings_invalid',
        say`The variable ${name} contains a NUL character, which environment variables can’t contain`,
      );
    }
  }
  if (total > LONGEST_ALTOGETHER) {
    throw new JobFailure(
      'settings_invalid',
      own('The variables together are longer than an environment can be (1.5 MB)'),
    );
  }
  return environment;
}
