/** Calls of deploy hooks: several of them while a deployment waits are one deployment. */
import type { HookDeploy } from '@appflux/protocol';
import type { AppRecord, KeptDeployment } from '../metadata/metadata.ts';
import { deploymentOf } from '../objects/deployments.ts';
import type { Snapshot } from './answers.ts';
import { createDeployment, type Parts } from './create.ts';

/** A deploy hook. */
export interface Hook {
  readonly id: string;
  readonly name: string;
}

/**
 * Deploys what a call of a hook asks for. While a deployment of the same hook, branch and commit is queued, it is that
 * one: it has not fetched its source yet, so it builds what the caller means. With an idempotency key, the key alone
 * decides. Throws as `createDeployment` does.
 */
export async function deployByHook(
  parts: Parts,
  app: AppRecord,
  { hook, input, idempotencyKey }: { hook: Hook; input: HookDeploy; idempotencyKey: string | undefined },
): Promise<Snapshot> {
  const create = (key: string | undefined) =>
    createDeployment(parts, app, input, {
      trigger: 'hook',
      creator: { kind: 'hook', name: hook.name },
      actor: { kind: 'hook', id: hook.id, name: hook.name },
      idempotencyKey: key,
    });
  if (idempotencyKey !== undefined || app.source.provider === 'upload') return create(idempotencyKey);
  const { branch = app.source.branch, commit = null } = input;
  const { id: appId, ownerId } = app;
  const asked = { appId, ownerId, branch };
  const isSame = ({ trigger, creator, commitHash }: KeptDeployment) =>
    trigger === 'hook' && creator?.name === hook.name && commitHash === commit;
  const candidates = (await parts.metadata.deployments.unendedOf(appId, { branch })).filter(isSame);
  for (const { id } of candidates) {
    // Metadata may be behind: its object knows whether a runner has it.
    const now = await deploymentOf(parts.env, id).snapshot();
    if (now?.record.status === 'queued' && now.record.commitHash === commit) return now;
  }
  // Calls at the same moment have all seen the same newest deployment, so they have the same key.
  const { items } = await parts.metadata.deployments.list(asked, { limit: 1 });
  return create(JSON.stringify(['hook', hook.id, branch, commit, items[0]?.id ?? null]));
}
