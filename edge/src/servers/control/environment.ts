/** The variables that a server finds in its environment. */
import type { Environment } from '@appflux/protocol';
import type { Env } from '../../env.ts';
import type { AppRecord, DeploymentRecord } from '../../metadata/metadata.ts';
import { createSealer, variableLabel } from '../../secrets/sealing.ts';
import { siteUrl } from '../../sites/hosts/domain.ts';
import { appLabel, deploymentLabel } from '../../sites/hosts/labels.ts';

/**
 * The app's variables for an environment, opened, and what AppFlux says about the deployment. The code of a fork gets only
 * the latter. Throws AppFluxError `unavailable` if a variable was sealed with another key.
 */
export async function environmentOfServer(
  env: Env,
  {
    app,
    deployment,
    environment,
    isFork,
  }: { app: AppRecord; deployment: DeploymentRecord; environment: Environment; isFork: boolean },
): Promise<Record<string, string>> {
  const sealer = createSealer(env);
  const own = Object.entries(isFork ? {} : app.envVars).filter(([, { environments }]) =>
    environments.includes(environment),
  );
  const opened = await Promise.all(
    own.map(async ([name, { sealed }]) => [name, await sealer.open(sealed, variableLabel(app.id, name))]),
  );
  const label = environment === 'production' ? appLabel(app.slug) : deploymentLabel(deployment.id, app.slug);
  return {
    ...Object.fromEntries(opened),
    APPFLUX_URL: siteUrl(env, label) ?? '',
    APPFLUX_ENVIRONMENT: environment,
    APPFLUX_DEPLOYMENT_ID: deployment.id,
    APPFLUX_COMMIT: deployment.commitHash ?? '',
  };
}
