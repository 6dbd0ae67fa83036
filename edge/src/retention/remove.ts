/** Removing parts of deployments, so that nobody is promised what is gone and nothing is left lying in storage. */
import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import type { Budget } from '../limits/budget.ts';
import type { DeploymentContent, DeploymentPart, Metadata } from '../metadata/metadata.ts';
import { isUntrusted } from '../metadata/sites.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { sitesOf } from '../objects/sites.ts';
import { removeState } from '../servers/state/remote.ts';
import { deploymentPrefix, logKey } from '../storage/keys.ts';
import type { ObjectStore } from '../storage/storage.ts';

export interface Parts {
  env: Env;
  metadata: Metadata;
  objects: ObjectStore;
}

/** A deployment of which something goes, or has been marked by a sweep that could not finish. */
export interface Going {
  deployment: DeploymentContent;
  parts: DeploymentPart[];
  left: DeploymentPart[];
}

interface Removed {
  /** What was removed, with the parts that this sweep marked. */
  removed: Going[];
  /** Deployments that are marked and that storage did not give up. */
  failures: { id: string; error: unknown }[];
}

/** How many requests removing some deployments takes, and about how many more each of them. */
const COSTS = { some: 8, each: 2 };

/** How many deployments are cleared at a time: a Worker may have six connections open. */
const SIDE_BY_SIDE = 6;

/**
 * Removes parts of deployments of an App, 100 at most; a deployment that was pinned or released meanwhile keeps them. The
 * marks come first: from then on they are said to be gone. What storage does not give up, up to `most` deployments, is
 * listed; it stays marked as left over, for a later sweep.
 */
export async function removeAll(
  appId: string,
  going: readonly Going[],
  parts: Parts,
  { at, budget, most }: { at: string; budget: Budget; most: number },
): Promise<Removed> {
  budget.spend(COSTS.some + COSTS.each * going.length);
  const marked = await mark(appId, going, parts.metadata, at);
  const { cleared, failures } = await clear(
    appId,
    marked.map(({ deployment }) => deployment),
    parts,
    { budget, most },
  );
  if (cleared.length > 0) await parts.metadata.deployments.markCleared(cleared);
  const isCleared = new Set(cleared);
  return { removed: marked.filter(({ deployment }) => isCleared.has(deployment.id)), failures };
}

/** Marks what goes. Gives those of which something was marked now or before, with their marks. */
async function mark(
  appId: string,
  going: readonly Going[],
  { apps, deployments }: Metadata,
  at: string,
): Promise<Going[]> {
  const markedOf = async (part: DeploymentPart) => {
    const ids = going.flatMap(({ deployment, parts }) => (parts.includes(part) ? [deployment.id] : []));
    return new Set(ids.length === 0 ? [] : await deployments.markRemoved(ids, part, at));
  };
  const marked = { artifacts: await markedOf('artifacts'), log: await markedOf('log') };
  // Who releases one looks at the marks after setting the release: of the two at the same time, one notices.
  const app = await apps.byId(appId);
  for (const id of [app?.release, app?.previousRelease]) {
    for (const part of ['artifacts', 'log'] as const)
      if (id != null && marked[part].delete(id)) await deployments.unmarkRemoved(id, part);
  }
  return going.flatMap(({ deployment, parts: wanted, left }) => {
    const parts = wanted.filter((part) => marked[part].has(deployment.id));
    if (parts.length + left.length === 0) return [];
    const marks = {
      artifactsRemovedAt: parts.includes('artifacts') ? at : deployment.artifactsRemovedAt,
      logRemovedAt: parts.includes('log') ? at : deployment.logRemovedAt,
    };
    return [{ deployment: { ...deployment, ...marks }, parts, left }];
  });
}

/** Removes from storage, and from the deployments' objects, what is marked as removed. Done again it changes nothing. */
async function clear(
  appId: string,
  deployments: readonly DeploymentContent[],
  parts: Parts,
  { budget, most }: { budget: Budget; most: number },
): Promise<{ cleared: string[]; failures: Removed['failures'] }> {
  const failures: Removed['failures'] = [];
  const fail = (id: string, error: unknown) => {
    journal.error(`retention: clearing deployment ${id} failed`, error);
    failures.push({ id, error });
  };
  const withoutArtifacts = deployments.filter(({ artifactsRemovedAt }) => artifactsRemovedAt !== null);
  try {
    if (withoutArtifacts.length > 0)
      await sitesOf(parts.env, appId).removeAll(withoutArtifacts.map(({ id }) => id));
  } catch (error) {
    for (const { id } of deployments.slice(0, most)) fail(id, error);
    return { cleared: [], failures };
  }
  const keys = new Map<string, string[]>();
  for (let from = 0; from < deployments.length && failures.length < most; from += SIDE_BY_SIDE) {
    await Promise.all(
      deployments.slice(from, from + SIDE_BY_SIDE).map(async (deployment) => {
        try {
          keys.set(deployment.id, await keysToDelete(deployment, parts));
        } catch (error) {
          fail(deployment.id, error);
        }
      }),
    );
  }
  try {
    await deleteKeys([...keys.values()].flat(), parts.objects);
    return { cleared: [...keys.keys()], failures };
  } catch {
    // One that can't be deleted must not keep the others: each by itself says which it is.
    budget.spend(keys.size);
    const cleared: string[] = [];
    for (const [id, own] of keys) {
      if (failures.length >= most) break;
      try {
        await deleteKeys(own, parts.objects);
        cleared.push(id);
      } catch (error) {
        fail(id, error);
      }
    }
    return { cleared, failures };
  }
}

/** The keys of what is marked as removed, after everything that could bring it back has forgotten it. */
async function keysToDelete(
  { id, appId, environment, artifactsRemovedAt, logRemovedAt }: DeploymentContent,
  { env, metadata, objects }: Parts,
): Promise<string[]> {
  const log = logKey(appId, id);
  const keys: string[] = [];
  if (artifactsRemovedAt !== null) {
    if (environment === 'preview') await removeForkState(appId, id, { env, metadata });
    keys.push(...(await keysBelow(deploymentPrefix(appId, id), objects)).filter((key) => key !== log));
  }
  if (logRemovedAt !== null) {
    // The object first: it is who could bring the log back.
    await deploymentOf(env, id).forgetLog();
    keys.push(log);
  }
  return keys;
}

/** The server of a fork has state of its own; its deployments are previews. */
async function removeForkState(
  appId: string,
  id: string,
  { env: { SERVERS }, metadata }: Pick<Parts, 'env' | 'metadata'>,
): Promise<void> {
  if (SERVERS === undefined) return;
  const deployment = await metadata.deployments.byId(id);
  if (deployment === null || !isUntrusted(deployment)) return;
  while (!(await removeState(SERVERS, appId, `fork-${id}`)));
}

async function keysBelow(prefix: string, objects: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await objects.list(prefix, cursor);
    keys.push(...page.keys);
    cursor = page.cursor ?? undefined;
  } while (cursor !== undefined);
  return keys;
}

async function deleteKeys(keys: string[], objects: ObjectStore): Promise<void> {
  if (keys.length > 0) await objects.delete(keys);
}
