/** What webhooks of the App change: its installations, and who acts with them. */
import type { Env } from '../../env.ts';
import { journal } from '../../journal.ts';
import type { InstallationRecord } from '../../metadata/github.ts';
import type { Metadata } from '../../metadata/metadata.ts';
import type { InstallationEvent } from '../event.ts';
import { isRefusedWith } from '../refusal.ts';
import { githubAddress } from './address.ts';
import { path, understood } from './call.ts';
import { openApp } from './credentials.ts';
import { factsOf, Installation, installationKey } from './facts.ts';
import { callAsApp, forgetTokensOf } from './tokens.ts';

/** The secrets that the App's webhooks are signed with: one, or none where this instance has no App. */
export async function githubAppSecrets(env: Env, metadata: Metadata): Promise<string[]> {
  const app = await openApp(env, metadata);
  return app === null ? [] : [app.credentials.webhookSecret];
}

/** The team that acts with the installation of this number; null when there is none. */
export async function ownerOfInstallation(
  env: Env,
  metadata: Metadata,
  installationId: string,
): Promise<string | null> {
  const id = installationKey(githubAddress(env).host, installationId);
  return (await metadata.github.installation(id))?.ownerId ?? null;
}

/**
 * Brings an installation up to date with GitHub after a webhook about it. GitHub is asked how it is now: events arrive
 * late, twice and out of order. Gives it as it is then; null when it is gone. Throws HostRefusal; the webhook's own word
 * has been written by then.
 */
export async function installationChanged(
  env: Env,
  metadata: Metadata,
  { action, installationId }: Pick<InstallationEvent, 'action' | 'installationId'>,
): Promise<InstallationRecord | null> {
  const { host } = githubAddress(env);
  const id = installationKey(host, installationId);
  forgetTokensOf(id);
  const known = await metadata.github.installation(id);
  if (known !== null && action === 'suspend' && known.suspendedAt === null)
    await metadata.github.keepInstallation({ ...known, suspendedAt: new Date().toISOString() });
  try {
    const answer = await callAsApp(env, metadata, {
      method: 'GET',
      path: path`/app/installations/${installationId}`,
    });
    if (answer === null) return null;
    return metadata.github.keepInstallation(factsOf(host, understood(Installation, answer.body), Date.now()));
  } catch (error) {
    if (!isRefusedWith(error, 404)) throw error;
    if (await metadata.github.deleteInstallation(id))
      journal.info(`GitHub installation ${installationId} was removed`);
    return null;
  }
}
