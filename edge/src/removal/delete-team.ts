/** Deleting a team: all that it has goes, and nobody is in it any more. */

import { NO_BUILD_LIMITS } from '@appflux/protocol';
import { Budget, spendOnRemoval } from '../limits/budget.ts';
import type { TokenKind } from '../metadata/metadata.ts';
import { notificationsOf } from '../notify/announce.ts';
import { forgetLinksOf } from '../outbox/index.ts';
import { poolOf } from '../pools/team-pool.ts';
import { keysOfUpload } from '../storage/keys.ts';
import { deleteApp, type Parts } from './delete-app.ts';

/** What lets programs and people in. What signs a person in is theirs, not the team's. */
const KINDS: readonly TokenKind[] = [
  'invitation',
  'registration',
  'fleet',
  'deploy_hook',
  'device_decision',
  'api',
];

/**
 * Removes a team with its tokens, runners, hooks, apps, uploads, members and audit log, and lets go of its GitHub
 * installations. Those who could add something go
 * first, and the members last: when a part of it fails, or there is more than one request can remove, it throws, and its
 * owner can call it again.
 */
export async function deleteTeam(teamId: string, parts: Parts): Promise<void> {
  const { metadata } = parts;
  const budget = new Budget();
  for (const kind of KINDS) await metadata.tokens.deleteKind(teamId, kind);
  await metadata.webhookSecrets.deleteOf(teamId);
  await forgetLinksOf(parts.env, teamId, 'invitation');
  await removeRunners(teamId, parts, budget);
  await removeHooks(teamId, parts, budget);
  await removeApps(teamId, parts, budget);
  await removeUploads(teamId, parts, budget);
  await metadata.github.unbindAll(teamId);
  await removeSettings(teamId, parts);
  await metadata.audit.deleteOf(teamId);
  await metadata.members.deleteTeam(teamId);
}

/** Takes the team's runners out of it and cuts them off, in the middle of what they build. */
async function removeRunners(teamId: string, { env, metadata }: Parts, budget: Budget): Promise<void> {
  const pool = poolOf(env, teamId);
  for (const { id } of await metadata.runners.list(teamId)) {
    spendOnRemoval(budget, 2);
    await metadata.runners.delete(id);
    await pool.revoke(id);
  }
}

/** Removes the team's settings, also from its pool: its founder may have a team of the same id again. */
async function removeSettings(teamId: string, { env, metadata }: Parts): Promise<void> {
  await metadata.teamSettings.deleteOf(teamId);
  await poolOf(env, teamId).limit(NO_BUILD_LIMITS);
}

/** Ends the team's notifications, those that wait as well. */
async function removeHooks(teamId: string, { env, metadata }: Parts, budget: Budget): Promise<void> {
  for (const { id } of await metadata.hooks.list(teamId)) {
    spendOnRemoval(budget, 2);
    await metadata.hooks.delete(id);
    await notificationsOf(env, id).destroy();
  }
}

async function removeApps(teamId: string, parts: Parts, budget: Budget): Promise<void> {
  for (;;) {
    const { items } = await parts.metadata.apps.list(teamId, { limit: 100 });
    if (items.length === 0) return;
    for (const app of items) await deleteApp(app, parts, budget);
  }
}

/** What is left when the apps are gone: uploads that nothing was deployed from, or that nobody ever completed. */
async function removeUploads(
  teamId: string,
  { metadata, objects, presigner }: Parts,
  budget: Budget,
): Promise<void> {
  for (;;) {
    const uploads = await metadata.uploads.list(teamId);
    if (uploads.length === 0) return;
    spendOnRemoval(budget, 3 + uploads.length);
    for (const { key, completed, multipartId } of uploads) {
      if (!completed && multipartId !== null) await presigner.abort(key, multipartId);
    }
    await objects.delete(uploads.flatMap(({ key }) => keysOfUpload(key)));
    await metadata.uploads.delete(uploads.map(({ id }) => id));
  }
}
