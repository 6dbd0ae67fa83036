/** Changes of a deployment: written in one transaction, then carried out. */
import type { LogLine } from '@appflux/protocol';
import { carryOut, type EffectTargets, writeEffects } from './effects.ts';
import type { Event, Refusal } from './lifecycle.ts';
import type { Change, Machine } from './machine.ts';
import { initialState, isOffered, type Spec } from './state.ts';

export interface TransitionsOptions {
  readonly storage: DurableObjectStorage;
  readonly machine: Machine;
  readonly targets: EffectTargets;
  /** Creates the tables that the object has beside those of the machine. */
  readonly prepare: () => void;
  /** What is due next may have changed. */
  readonly rearm: () => void;
  /** A change was written at `now`. */
  readonly onChange: (change: Change, now: number) => void;
}

export class Transitions {
  readonly #options: TransitionsOptions;

  constructor(options: TransitionsOptions) {
    this.#options = options;
  }

  /**
   * Creates the deployment: it is queued, and offered by a pending task, which begins immediately; one that is skipped
   * has ended, and one that waits for approval is offered after that. A
   * prebuilt output is offered to nobody.
   */
  begin(spec: Spec): void {
    const { storage, machine, targets, prepare, rearm } = this.#options;
    const { tasks, log } = targets;
    const now = Date.now();
    const isWaiting = isOffered(spec, initialState(spec));
    const saved = storage.transactionSync(() => {
      prepare();
      if (isWaiting) tasks.add('offer', now);
      tasks.add('publish', now);
      return machine.writeNew(spec);
    });
    machine.adopt(saved);
    log.begin(spec.limits.logBytes);
    tasks.start('publish');
    if (isWaiting) tasks.start('offer');
    rearm();
  }

  /**
   * Takes an event through the lifecycle: writes what it changes in one transaction, then carries the effects out.
   * @returns why the event was refused, or null
   */
  apply(event: Event): Refusal | null {
    const { storage, machine, targets, rearm, onChange } = this.#options;
    const now = Date.now();
    const decision = machine.decide(event, now);
    if (decision === 'unchanged') return null;
    if ('refused' in decision) return decision.refused;
    const restoreLog = targets.log.restorePoint();
    let said: LogLine[];
    try {
      said = storage.transactionSync(() => {
        machine.write(decision);
        return writeEffects(decision, targets, now);
      });
    } catch (error) {
      // The transaction was rolled back, and memory has to agree with it: the event may come again.
      restoreLog();
      throw error;
    }
    machine.adopt(decision.after);
    carryOut(decision, said, targets);
    onChange(decision, now);
    rearm();
    return null;
  }
}
