/** Lines of an attempt that its runner kept on disk and sends after it has returned, without running the attempt. */
import { hasEnded, type LogLine, type RecoveredLines } from '@appflux/protocol';
import { isContiguous } from '../logs/store.ts';
import type { AttemptSocket } from './attempt-socket.ts';
import type { LateOutput } from './late-output.ts';
import type { Event, Refusal } from './lifecycle.ts';
import type { DeploymentLog } from './log.ts';
import type { Machine } from './machine.ts';
import type { Saved } from './saved.ts';

export interface RecoveryParts {
  readonly storage: DurableObjectStorage;
  readonly machine: Machine;
  readonly log: DeploymentLog;
  readonly late: LateOutput;
  readonly socket: AttemptSocket;
  /** Applies an event to the deployment. */
  readonly apply: (event: Event) => Refusal | null;
}

/** How far the attempt's lines are stored, by its runner's numbering; or why they are not taken. */
export type Recovered = { readonly seq: number } | { readonly refused: RecoveryRefusal };

type RecoveryRefusal = 'already_ended' | 'stale_attempt' | 'misnumbered';

/** Who sends the lines, as the Worker has authenticated it. */
export interface Sender {
  readonly id: string;
  readonly ownerId: string;
}

/** Why a deployment takes these lines from nobody, or not from this sender; null when it may take them. */
export function refusalOf(
  { spec, state }: Saved,
  sender: Sender,
  { lines }: RecoveredLines,
): RecoveryRefusal | null {
  if (sender.ownerId !== spec.ownerId) return 'stale_attempt';
  if (!isContiguous(lines)) return 'misnumbered';
  // What has ended never changes, and neither does its log.
  return hasEnded(state.status) ? 'already_ended' : null;
}

export class Recovery {
  readonly #parts: RecoveryParts;
  /** The attempt whose runner has connected for it since it last asked how far its lines are stored. */
  #connected: number | null = null;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
  }

  /** A runner has connected for an attempt: it runs it, and numbers its lines itself. */
  connected(attempt: number): void {
    this.#connected = attempt;
  }

  /** Takes lines of an attempt that this runner has had, unless `refusalOf` says why not. Repeated, it changes nothing. */
  take(sender: Sender, attempt: number, recovered: RecoveredLines): Recovered {
    const { state } = this.#parts.machine.current();
    const holdsLease = state.lease?.runner.id === sender.id && state.attempt === attempt;
    return holdsLease ? this.#current(attempt, recovered) : this.#late(sender, attempt, recovered);
  }

  /** The lease has not expired yet: these are simply the next lines of the log. */
  #current(attempt: number, { lines, complete }: RecoveredLines): Recovered {
    const { log, socket, apply } = this.#parts;
    // It asks before it sends anything.
    if (lines.length === 0 && !complete) this.#connected = null;
    // Sent before it was granted the attempt again, and on its way since: the numbers belong to the lines that it has now.
    else if (this.#connected === attempt) return { refused: 'stale_attempt' };
    // The connection is that of the process that was killed. Were it not, its runner would connect again.
    socket.replace();
    if (lines.length > 0) log.take(lines, undefined, Date.now());
    const seq = log.write();
    const isUpTo = (lines.at(-1)?.seq ?? 0) <= seq || log.store.isCut;
    if (complete && isUpTo) apply({ type: 'recovered', attempt });
    return { seq: log.store.isCut ? Math.max(seq, lines.at(-1)?.seq ?? 0) : seq };
  }

  #late(sender: Sender, attempt: number, { lines, complete }: RecoveredLines): Recovered {
    const { late, log, machine, storage } = this.#parts;
    const lost = late.find(attempt, sender.id);
    if (lost === null) return { refused: 'stale_attempt' };
    const fresh = lines.filter(({ seq }) => seq > lost.lastSeq);
    const follows = fresh[0] === undefined || fresh[0].seq === lost.lastSeq + 1;
    if (lost.complete || !follows) return { seq: lost.lastSeq };
    const how = { write: machine.current().state.lease === null, now: Date.now() };
    const restoreLog = log.restorePoint();
    let written: LogLine[];
    try {
      written = storage.transactionSync(() => late.take(lost, { lines: fresh, complete }, how));
    } catch (error) {
      // The transaction was rolled back, and memory has to agree with it: the lines may come again.
      restoreLog();
      throw error;
    }
    log.show(written);
    return { seq: fresh.at(-1)?.seq ?? lost.lastSeq };
  }
}
