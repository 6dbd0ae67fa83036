/** What each chore of a deployment does. A chore may be done again: each of them is idempotent. */

import type { Env } from '../env.ts';
import { sendMessage } from '../limits/message.ts';
import { archiveLog } from '../logs/archive/write.ts';
import { tailOf } from '../logs/tail.ts';
import { keepsLogTails } from '../metadata/index.ts';
import { LOG_TAIL_LINES } from '../metadata/metadata.ts';
import { poolOf } from '../objects/pools.ts';
import { objectsOf } from '../storage/index.ts';
import { logKey } from '../storage/keys.ts';
import type { AttemptSocket } from './attempt-socket.ts';
import type { Machine } from './machine.ts';
import type { Outbox } from './outbox.ts';
import type { Spec, State } from './state.ts';
import type { Chore } from './timers.ts';

export interface Tools {
  readonly env: Env;
  readonly machine: Machine;
  readonly outbox: Outbox;
  readonly attempt: AttemptSocket;
}

export async function perform(
  chore: Chore,
  { env, machine, outbox, attempt }: Tools,
): Promise<'done' | 'unconfirmed'> {
  const { spec, state, seq } = machine.known();
  switch (chore) {
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
      await attempt.discard();
      return 'done';
    case 'archive':
      await archive(env, machine);
      return 'done';
  }
}

/** Puts the log into storage as one object and removes its rows. */
async function archive(env: Env, machine: Machine): Promise<void> {
  const { spec, state } = machine.known();
  if (state.logKey !== null) return;
  const log = machine.log();
  const key = logKey(spec.app.id, spec.id);
  await archiveLog(objectsOf(env), key, log.rows());
  if (machine.known().state.logKey !== null) {
    // It was forgotten meanwhile, and who removed it from storage may have been quicker.
    await objectsOf(env).delete([key]);
    return;
  }
  if (keepsLogTails(env)) {
    const lines = tailOf([...log.lines(Math.max(0, log.lastSeq - LOG_TAIL_LINES))]);
    await sendMessage(env.EVENT_QUEUE, {
      kind: 'log_tail',
      deploymentId: spec.id,
      appId: spec.app.id,
      lines,
    });
  }
  machine.apply({ type: 'archived', logKey: key });
  log.clear();
}

async function offer(env: Env, spec: Spec, state: State): Promise<void> {
  if (state.status !== 'queued') return;
  await poolOf(env, spec.ownerId).offer({
    deploymentId: spec.id,
    appId: spec.app.id,
    branch: state.branch,
    environment: spec.environment,
    labels: spec.build.labels,
    concurrency: spec.build.concurrency,
    supersede: spec.build.supersede,
    createdAt: spec.createdAt,
  });
}
