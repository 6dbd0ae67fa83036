/** Carries out one task: makes a deployment, lists a skipped one, cancels, or ends a preview. Each may be done again. */
import { hasEnded, isAppFluxError, isSshUrl, RepoUrl, repoKeyOf } from '@appflux/protocol';
import { note } from '../audit/note.ts';
import {
  actorOfCreator,
  type CreateOptions,
  createDeployment,
  createSkipped,
  existing,
  type Parts,
  redeploy,
} from '../deployment/create.ts';
import type { RedeployEvent, Repository } from '../git-hosts/event.ts';
import type { AppRecord, KeptDeployment } from '../metadata/metadata.ts';
import { newRevision } from '../metadata/server-revision.ts';
import { deploymentOf } from '../objects/deployments.ts';
import { branchLabel } from '../sites/hosts/labels.ts';
import { forgetSite } from '../sites/hosts/resolve.ts';
import { factsOf } from './facts.ts';
import type { Ledger } from './ledger.ts';
import { decide, subjectOf } from './plan.ts';
import type { Target } from './rules.ts';
import type { Cancellation, Cause, Task, Work } from './work.ts';

/** How long after a branch is gone its builds may still end, and put its preview back, in milliseconds. */
const END_AGAIN_MS = 60_000;

/** Refusals that pass by themselves: the task waits. */
const PASSING = new Set(['queue_full', 'storage_full', 'unavailable', 'internal', 'too_many_requests']);

/** Whether a task that failed like this may succeed later. */
export const isPassing = (error: unknown): boolean => !isAppFluxError(error) || PASSING.has(error.code);

/**
 * Carries out a task. Gives null when it is done, and otherwise when to do it again (Unix milliseconds). Throws what
 * deployments are refused with.
 */
export async function carryOut(
  parts: Parts,
  ledger: Ledger,
  work: Work,
  now: number,
): Promise<number | null> {
  const { task } = work;
  const app = await parts.metadata.apps.byId(work.appId);
  // It was deleted, and its deployments with it.
  if (app === null) return null;
  switch (task.kind) {
    case 'build':
      await build(parts, ledger, work, app, task);
      return null;
    case 'ask':
      await askAndBuild(parts, ledger, work, app, task);
      return null;
    case 'skip':
      await skip(parts, work, app, task);
      return null;
    case 'cancel':
      await cancelWaiting(parts, app, task, ledger.causedBefore(app.id, task.branch, work.seq));
      return null;
    case 'end':
      return (await endPreview(parts, app, task, ledger.causedBefore(app.id, task.branch, work.seq)))
        ? null
        : now + END_AGAIN_MS;
    case 'adopt':
      if (work.deploymentId !== null)
        await deploymentOf(parts.env, work.deploymentId).adopt(task.pullRequest);
      return null;
    case 'redeploy':
      await redeployAgain(parts, work, app, task);
      return null;
    case 'move':
      await move(parts, app, task.repository);
      return null;
  }
}

type Made = Pick<Extract<Task, { kind: 'build' }>, 'target' | 'cause'>;

async function build(parts: Parts, ledger: Ledger, work: Work, app: AppRecord, made: Made): Promise<void> {
  const { target } = made;
  const newer =
    app.build.supersede && target.tag === null ? ledger.newerBuild(work.id, app.id, target.branch) : null;
  if (newer !== null) {
    await skip(parts, work, app, { ...made, reason: `A newer commit was pushed: ${newer.slice(0, 7)}` });
    return;
  }
  await createDeployment(parts, app, inputOf(target), {
    ...optionsOf(work, made),
    ...(target.fork ? { approval: 'required' as const, variables: 'none' as const } : {}),
  });
}

async function skip(
  parts: Parts,
  work: Work,
  app: AppRecord,
  skipped: Made & { reason: string },
): Promise<void> {
  await createSkipped(parts, app, inputOf(skipped.target), {
    ...optionsOf(work, skipped),
    ...(skipped.target.fork ? { variables: 'none' as const } : {}),
    reason: skipped.reason,
  });
}

/** Lists a build that can't be started, with what it was refused with. */
export async function skipRefused(parts: Parts, work: Work, error: unknown): Promise<void> {
  const { task } = work;
  if (task.kind !== 'build' && task.kind !== 'ask') return;
  const app = await parts.metadata.apps.byId(work.appId);
  if (app === null || app.source.provider === 'upload') return;
  const reason = error instanceof Error ? error.message : String(error);
  await skip(parts, work, app, { ...task, reason: `The deployment couldn't be started: ${reason}` });
}

const inputOf = ({ branch, commit, environment }: Target) => ({ branch, commit, environment });

function optionsOf(
  { deploymentId }: Work,
  { target, cause }: { target: Target; cause: Cause },
): CreateOptions {
  if (deploymentId === null) throw new Error('A task that makes a deployment has its id');
  return {
    id: deploymentId,
    trigger: cause.trigger,
    creator: cause.creator,
    ...(cause.pullRequest === null ? {} : { pullRequest: cause.pullRequest }),
    ...(target.tag === null ? {} : { tag: target.tag }),
    ...(cause.message === null ? {} : { commitMessage: cause.message }),
  };
}

async function askAndBuild(
  parts: Parts,
  ledger: Ledger,
  work: Work,
  app: AppRecord,
  task: Extract<Task, { kind: 'ask' }>,
): Promise<void> {
  const subject = subjectOf(app);
  if (subject === null) return;
  const facts = await factsOf(parts, app, task.event);
  const message = facts.message ?? task.cause.message;
  const made = { target: task.target, cause: { ...task.cause, message } };
  const decision = decide(subject, task.event, facts);
  if (decision.kind !== 'skip') return build(parts, ledger, work, app, made);
  await skip(parts, work, app, { ...made, reason: decision.reason });
}

/**
 * Cancels what waits for a branch and was created before the event, or was caused by an earlier one: that may have been
 * created later, because its host was asked first.
 */
async function cancelWaiting(
  { env, metadata }: Parts,
  app: AppRecord,
  { branch, reason, before, by }: Cancellation,
  caused: readonly string[],
): Promise<KeptDeployment[]> {
  const unended = await metadata.deployments.unendedOf(app.id, { branch });
  const earlier = unended.filter(({ id, createdAt }) => createdAt <= before || caused.includes(id));
  for (const { id, status } of earlier) {
    if (status !== 'queued') continue;
    const answer = await deploymentOf(env, id).cancel(reason);
    if (answer === null || 'refused' in answer) continue;
    const target = { kind: 'deployment', id, name: app.slug } as const;
    await note(metadata, app.ownerId, actorOfCreator(by), 'deployment.cancel', target);
  }
  return earlier.filter(({ status }) => status !== 'queued');
}

/** Ends the preview of a branch. False while a build of it goes on, which would put the preview back. */
async function endPreview(
  parts: Parts,
  app: AppRecord,
  task: Extract<Task, { kind: 'end' }>,
  caused: readonly string[],
): Promise<boolean> {
  const building = await cancelWaiting(parts, app, task, caused);
  const label = branchLabel(task.branch, app.slug);
  const last = caused[0] === undefined ? null : await parts.metadata.deployments.byId(caused[0]);
  const createdBefore = last !== null && last.createdAt > task.before ? last.createdAt : task.before;
  await parts.metadata.sites.unpoint({ label, appId: app.id, createdBefore });
  forgetSite(app.id);
  return building.length === 0;
}

async function redeployAgain(
  parts: Parts,
  { deploymentId }: Work,
  app: AppRecord,
  { previousId, creator }: Extract<Task, { kind: 'redeploy' }>,
): Promise<void> {
  const { env } = parts;
  if (deploymentId === null || (await existing(parts, deploymentId)) !== null) return;
  const spec = await deploymentOf(env, previousId).spec();
  const previous = await deploymentOf(env, previousId).snapshot();
  // It was removed meanwhile.
  if (spec === null || previous === null) return;
  await redeploy(parts, app, spec, {
    id: deploymentId,
    clearCache: false,
    latest: false,
    commitHash: previous.record.commitHash,
    creator,
    actor: { kind: creator.kind, id: null, name: creator.name },
  });
}

/**
 * The deployment that a check belongs to, if it has ended: the one that the event names, or the newest of its commit. Null
 * if the app has none.
 */
export async function previousOf(
  { metadata }: Parts,
  app: AppRecord,
  { deploymentId, sha }: RedeployEvent,
): Promise<string | null> {
  const named = deploymentId === null ? null : await metadata.deployments.byId(deploymentId);
  const { items } =
    deploymentId === null
      ? await metadata.deployments.list({ ownerId: app.ownerId, appId: app.id }, { limit: 100 })
      : { items: named === null ? [] : [named] };
  const found = items.find(({ appId, commitHash }) => appId === app.id && commitHash === sha);
  return found !== undefined && hasEnded(found.status) ? found.id : null;
}

/** Notes the host's id of an app's repository, and its URL if that has changed. */
async function move({ metadata }: Parts, app: AppRecord, repository: Repository): Promise<void> {
  const { provider, id, keys } = repository;
  const { source } = app;
  if (source.provider === 'upload') return;
  const repositoryId = id === null ? app.repositoryId : `${provider}:${id}`;
  const isElsewhere =
    repositoryId !== null && repositoryId === app.repositoryId && !keys.includes(app.repoKey ?? '');
  const repoUrl = isElsewhere ? movedUrl(source.repoUrl, repository) : null;
  await metadata.apps.update(app.id, {
    settingsRevision: newRevision(),
    repositoryId,
    ...(repoUrl === null ? {} : { source: { ...source, repoUrl }, repoKey: repoKeyOf(repoUrl) }),
  });
}

/** Where an app's repository is now; null if what the payload says can't be its address, or would give up its encryption. */
function movedUrl(earlier: string, repository: Repository): string | null {
  const moved = RepoUrl.safeParse(urlLike(earlier, repository));
  if (!moved.success) return null;
  const isEncrypted = (url: string) => new URL(url).protocol !== 'http:';
  return isEncrypted(earlier) && !isEncrypted(moved.data) ? null : moved.data;
}

/** The URL of a repository in the form that an app uses: over SSH, with the same user and host. */
function urlLike(earlier: string, { url, fullName }: Repository): string {
  if (!isSshUrl(earlier)) return url;
  const moved = new URL(earlier);
  moved.pathname = `/${fullName}.git`;
  return moved.href;
}
