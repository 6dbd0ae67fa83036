/** What each pending task of a deployment does. All of them are idempotent, because any may be repeated. */

import type { Env } from '../env.ts';
import { journal } from '../journal.ts';
import { sendMessage } from '../limits/message.ts';
import { archiveLog } from '../logs/archive/write.ts';
import { tailOf } from '../logs/tail.ts';
import { keepsLogTails } from '../metadata/index.ts';
import { LOG_TAIL_LINES } from '../metadata/metadata.ts';
import { poolOf } from '../pools/team-pool.ts';
import type { SbomUploads } from '../provenance/sbom-uploads.ts';
import { objectsOf } from '../storage/index.ts';
import { logKey } from '../storage/keys.ts';
import { trace } from '../tracing/export.ts';
import type { Unconfirmed } from './answers.ts';
import type { ArtifactUploads } from './artifacts.ts';
import type { Event, Refusal } from './lifecycle.ts';
import type { DeploymentLog } from './log.ts';
import type { Machine } from './machine.ts';
import type { Outbox } from './outbox.ts';
import { spanOfArchive, spanOfTask } from './spans.ts';
import { isOffered, type Spec, type State } from './state.ts';
import type { Task } from './timers.ts';

export interface Tools {
  readonly env: Env;
  readonly machine: Machine;
  readonly outbox: Outbox;
  readonly log: DeploymentLog;
  readonly artifacts: ArtifactUploads;
  readonly sboms: SbomUploads;
  /** What nobody has confirmed; null when there is nothing. */
  readonly news: () => Unconfirmed | null;
  /** Delivers news to everyone; false when that is left to the consumer of events. */
  readonly deliver: (news: Unconfirmed) => Promise<boolean>;
  /** Applies an event to the deployment. */
  readonly apply: (event: Event) => Refusal | null;
}

export async function perform(task: Task, tools: Tools): Promise<'done' | 'unconfirmed'> {
  const { env, machine, artifacts, sboms } = tools;
  const { spec, state } = machine.current();
  switch (task) {
    case 'offer':
      await traced(tools, 'offer', () => offer(env, spec, state));
      return 'done';
    case 'withdraw':
      await poolOf(env, spec.ownerId).withdraw(spec.id, spec.app.id);
      return 'done';
    case 'publish':
      return traced(tools, 'deliver event', () => publish(tools));
    case 'discard':
      await artifacts.discard(spec.app.id, spec.id, keptAttempt(state));
      await sboms.discard(keptAttempt(state));
      return 'done';
    case 'archive':
      await archive(tools);
      return 'done';
  }
}

/** Does a task with a span of its own. */
async function traced<Result>(
  { env, machine }: Tools,
  name: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const { id } = machine.current().spec;
  const startedAt = Date.now();
  try {
    const result = await work();
    trace(env, () => [spanOfTask(id, name, startedAt, Date.now())]);
    return result;
  } catch (error) {
    trace(env, () => [spanOfTask(id, name, startedAt, Date.now(), error)]);
    throw error;
  }
}

/** Delivers what is new; what can't be delivered now goes to `event-queue`, which tries for hours. */
async function publish({ env, machine, outbox, news, deliver }: Tools): Promise<'done' | 'unconfirmed'> {
  const undelivered = news();
  if (undelivered === null) return 'done';
  const { record, seq } = undelivered;
  if (await isDelivered(undelivered, deliver)) {
    // Its App may have been deleted meanwhile.
    if (machine.saved !== null) machine.confirm(seq);
    return 'done';
  }
  await outbox.publish(env.EVENT_QUEUE, { deploymentId: record.id, seq }, Date.now());
  return machine.saved !== null && machine.hasUnconfirmed ? 'unconfirmed' : 'done';
}

async function isDelivered(news: Unconfirmed, deliver: Tools['deliver']): Promise<boolean> {
  try {
    return await deliver(news);
  } catch (error) {
    journal.error(`event ${news.seq} of deployment ${news.record.id} goes to the queue`, error);
    return false;
  }
}

/** The attempt whose artifacts are kept; null for none. */
const keptAttempt = ({ status, attempt }: State): number | null =>
  status === 'success' || status === 'building' ? attempt : null;

/** Puts the log into storage as one object and removes its rows. */
async function archive({ env, machine, log, apply }: Tools): Promise<void> {
  const { spec, state } = machine.current();
  if (state.logKey !== null) return;
  const { store } = log;
  const key = logKey(spec.app.id, spec.id);
  const startedAt = Date.now();
  await archiveLog(objectsOf(env), key, store.rows());
  trace(env, () => [spanOfArchive(spec.id, startedAt, Date.now(), store.lastSeq)]);
  if (machine.current().state.logKey !== null) {
    // Retention removed the log meanwhile, perhaps before it was put into storage.
    await objectsOf(env).delete([key]);
    return;
  }
  if (keepsLogTails(env)) {
    const lines = tailOf([...store.lines(Math.max(0, store.lastSeq - LOG_TAIL_LINES))]);
    await sendMessage(env.EVENT_QUEUE, {
      kind: 'log_tail',
      deploymentId: spec.id,
      appId: spec.app.id,
      lines,
    });
  }
  apply({ type: 'archived', logKey: key });
  store.clear();
}

/**
 * Offers the job to its pool. One that doesn't take it, in a burst for example, is offered it by the consumer of
 * `deploy-queue`, in batches and again if need be; and by this task until then.
 */
async function offer(env: Env, spec: Spec, state: State): Promise<void> {
  if (!isOffered(spec, state)) return;
  try {
    await offerTo(env, spec, state);
  } catch (error) {
    await sendMessage(env.DEPLOY_QUEUE, { kind: 'offer', deploymentId: spec.id });
    throw error;
  }
}

async function offerTo(env: Env, spec: Spec, state: State): Promise<void> {
  await poolOf(env, spec.ownerId).offer({
    deploymentId: spec.id,
    appId: spec.app.id,
    branch: state.branch,
    environment: spec.environment,
    labels: spec.build.labels,
    concurrency: spec.build.concurrency,
    supersede: spec.build.supersede,
    createdAt: spec.createdAt,
    ...(spec.isUntrusted === true ? { isUntrusted: true } : {}),
  });
}
