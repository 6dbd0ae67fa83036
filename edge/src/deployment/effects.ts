/** What the effects of a change do: a part in the transaction that writes the change, a part after it. */
import type { LogLine } from '@appflux/protocol';
import type { Viewers } from '../logs/viewers.ts';
import type { AttemptSocket } from './attempt-socket.ts';
import type { LateOutput } from './late-output.ts';
import type { Effect } from './lifecycle.ts';
import type { DeploymentLog } from './log.ts';
import type { Change } from './machine.ts';
import type { PendingTasks } from './pending-tasks.ts';

export interface EffectTargets {
  readonly tasks: PendingTasks;
  readonly log: DeploymentLog;
  readonly late: LateOutput;
  readonly viewers: Viewers;
  readonly socket: AttemptSocket;
}

/**
 * The part that belongs into the transaction: pending tasks, and lines that the edge numbers.
 * @returns the lines, for `carryOut`
 */
export function writeEffects(change: Change, { tasks, log, late }: EffectTargets, now: number): LogLine[] {
  const said: LogLine[] = [];
  const { before, after } = change;
  const lost = change.effects.find((effect) => effect.type === 'lost');
  if (lost !== undefined) late.lost(lost.attempt, lost.runnerId);
  // Only an attempt before this one can have sent lines that wait for its end.
  if (before.attempt > 1 && before.lease !== null && after.state.lease === null)
    said.push(...late.release(now));
  if (change.isNews) tasks.add('publish', now);
  for (const effect of change.effects) {
    switch (effect.type) {
      case 'offer':
      case 'withdraw':
      case 'discard':
        tasks.add(effect.type, now);
        break;
      case 'say':
        said.push(log.say(effect.text, change.before.phase, now));
        break;
      case 'ended':
        log.write();
        tasks.add('withdraw', now);
        tasks.add('archive', now);
        tasks.remove('offer');
        break;
      case 'lost':
      case 'cancelRunner':
      case 'closeAttempt':
        break;
    }
  }
  return said;
}

/** The part that reaches out of the object, once the change is written. */
export function carryOut(change: Change, said: readonly LogLine[], targets: EffectTargets): void {
  const { tasks, log, viewers } = targets;
  const { before, after } = change;
  const { status, phase } = after.state;
  if (status !== before.status || phase !== before.phase) viewers.state(status, phase);
  log.show(said);
  for (const effect of change.effects) carryOutOne(effect, change, targets);
  if (change.isNews) tasks.start('publish');
}

function carryOutOne(effect: Effect, { after }: Change, { tasks, viewers, socket }: EffectTargets): void {
  switch (effect.type) {
    case 'cancelRunner':
      socket.send({ type: 'cancel', reason: effect.reason });
      return;
    case 'closeAttempt':
      socket.close();
      return;
    case 'offer':
    case 'withdraw':
    case 'discard':
      tasks.start(effect.type);
      return;
    case 'ended':
      viewers.end(after.state.status);
      tasks.start('withdraw');
      tasks.start('archive');
      return;
    case 'lost':
    case 'say':
      return;
  }
}
