/** What a runner is given to look at, sealed until it goes out. */
import { type AppSource, LookTask, repoKeyOf, type StartLook } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { credentialOf } from '../git-hosts/credential/credential.ts';
import { reach } from '../git-hosts/credential/index.ts';
import { installationToken } from '../git-hosts/github-app/tokens.ts';
import { createSealer, lookLabel } from '../secrets/sealing.ts';

/**
 * The sealed task of a look. Without a credential, the installation of the GitHub App that covers the repository gives one.
 * Throws AppFluxError `unprocessable` for a credential that can't be used.
 */
export async function sealTask(
  env: Env,
  ownerId: string,
  id: string,
  { source, credential }: StartLook,
): Promise<string> {
  const { provider, repoUrl, branch = null, rootDirectory = null } = source;
  const asSource: AppSource = { provider, repoUrl, branch: branch ?? 'main', rootDirectory: './', depth: 1 };
  const given = credential === undefined ? null : credentialOf(credential, asSource, new Date());
  const repoKey = given === null ? repoKeyOf(repoUrl) : null;
  const hostToken = repoKey === null ? null : await installationToken(env, ownerId, repoKey);
  const reached = reach({ repoUrl }, given, hostToken);
  const task: LookTask = { id, branch, rootDirectory, ...reached, servers: env.SERVERS !== undefined };
  return createSealer(env).seal(JSON.stringify(task), lookLabel(id));
}

/** The task of a look. */
export async function openTask(env: Env, id: string, sealed: string): Promise<LookTask> {
  return LookTask.parse(JSON.parse(await createSealer(env).open(sealed, lookLabel(id))));
}
