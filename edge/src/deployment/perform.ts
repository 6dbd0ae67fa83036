/** What each pending task of a deployment does. All of them are idempotent, because any may be repeated. */

import type { Env } from '../env.ts';
import { sendMessage } from '../limits/message.ts';
import { archiveLog } from '../logs/archive/write.ts';
import { tailOf } from '../logs/tail.ts';
import { keepsLogTails } from '../metadata/index.ts';
import { LOG_TAIL_LINES } from '../metadata/metadata.ts';
import { poolOf } from '../objects/pools.ts';
import type { SbomUploads } from '../provenance/sbom-uploads.ts';
import { objectsOf } from '../storage/index.ts';
import { logKey } from '../storage/keys.ts';
import { trace } from '../tracing/export.ts';
import type { ArtifactUploads } from './artifacts.ts';
import type { Event, Refusal } from './lifecycle.ts';
import type { DeploymentLog } from './log.ts';
import type { Machine } from './machine.ts';
import type { Outbox } from './outbox.ts';
import { spanOfArchive } from './spans.ts';
import { isOffered, type Spec, type State } from './state.ts';
import type { Task } from './timers.ts';

export interface Tools {
  readonly env: Env;
  readonly machine: Machine;
  readonly outbox: Outbox;
  readonly log: DeploymentLog;
  readonly artifacts: ArtifactUploads;
  readonly sboms: SbomUploads;
  /** Applies an event to the deployment. */
  readonly apply: (event: Event) => Refusal | null;
}

export async function perform(task: Task, tools: Tools): Promise<'done' | 'unconfirmed'> {
  const { env, machine, outbox, artifacts, sboms } = tools;
  const { spec, state, seq } = machine.current();
  switch (task) {
    case 'offer':
      await offer(env, spec, state);
      return 'done';
    case 'withdraw':
      await poolOf(env, spec.ownerId).withdraw(spec.id);
      return 'done';
    case 'publish':
      if (!machine.hasUnconfirmed) return 'done';
      await outbox.publish(env.EVENT_QUEUE, { deploymentId: spec.id, seq }, Date.now());
      return machine.hasUnconfirmed ? 'unconfirmed' : 'done';
    case 'discard':
      await artifacts.discard(spec.app.id, spec.id, keptAttempt(state));
      await sboms.discard(keptAttempt(state));
      return 'done';
    case 'archive':
      await archive(tools);
      return 'done';
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

async function offer(env: Env, spec: Spec, state: State): Promise<void> {
  if (!isOffered(spec, state)) return;
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
