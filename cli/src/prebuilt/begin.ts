/** Begins a deployment of an output that was built elsewhere, and delivers it from here. */
import { dirname } from 'node:path';
import type { App, CreatedDeployment, Environment } from '@appflux/protocol';
import type { Context, Session } from '../context.ts';
import { repeated } from '../deploy/create.ts';
import { CliProblem } from '../errors/problem.ts';
import { EXIT } from '../exit.ts';
import { VERSION } from '../version.ts';
import { builtFrom } from './built-from.ts';

export interface PrebuiltOptions {
  readonly app: Pick<App, 'slug' | 'type' | 'build'>;
  /** The folder or file, as an absolute path. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly environment: Environment;
  /** The branch that a person has named; null leaves it to CI and Git. */
  readonly branch: string | null;
  /** Cancels the deployment when it aborts. */
  readonly signal: AbortSignal;
}

export interface Begun {
  readonly deployment: CreatedDeployment;
  /** Resolves when this program has nothing more to do for the deployment, however that ended. Rejects if it can't deliver. */
  readonly delivered: Promise<void>;
}

/** Creates the deployment and starts its delivery. @throws CliProblem `failed` if it ended before this program could begin */
export async function beginPrebuilt(
  context: Context,
  { client, url, token }: Pick<Session, 'client' | 'url' | 'token'>,
  { app, path, isFolder, environment, branch, signal }: PrebuiltOptions,
): Promise<Begun> {
  // Most commands need none of it, and it is larger than all of them. Before the deployment is there and waits.
  await import('./node-20.ts');
  const { deliverPrebuilt } = await import('@appflux/runner/prebuilt');
  const from = await builtFrom(isFolder ? path : dirname(path), context.env, branch);
  const body = {
    environment,
    ...(from.branch === null ? {} : { branch: from.branch }),
    ...(from.commitHash === null ? {} : { commit: from.commitHash }),
  };
  const deployment = await repeated((options) => client.deployments.createPrebuilt(app.slug, body, options));
  const { grant } = deployment;
  if (grant === undefined) {
    throw new CliProblem(
      EXIT.failed,
      `Deployment ${deployment.id} is ${deployment.status} already.`,
      'Deploy again.',
    );
  }
  const { output } = context;
  const note = (message: string, fields: { reason?: unknown } = {}) =>
    output.note(
      output.noteColors.dim(fields.reason === undefined ? message : `${message}: ${fields.reason}`),
    );
  const delivered = deliverPrebuilt({
    deploymentId: deployment.id,
    grant,
    output: { path, workingFolder: context.host.cwd() },
    app,
    builtFrom: from,
    program: `appflux ${VERSION}`,
    url: new URL(url),
    token,
    signal,
    journal: { info: () => undefined, warn: note, error: note },
  }).then(() => undefined);
  return { deployment, delivered };
}
