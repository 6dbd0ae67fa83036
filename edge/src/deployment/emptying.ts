/** When a deployment's object empties itself, and how it comes back: see ended.ts. */
import type { DsseEnvelope } from '@appflux/protocol';
import type { EnvelopePlace } from '../provenance/attestations.ts';
import { EnvelopeTable } from '../provenance/envelope-table.ts';
import type { Cleanup } from './cleanup.ts';
import { type EndedDeployment, emptiesAt } from './ended.ts';
import type { DeploymentLog } from './log.ts';
import type { Machine } from './machine.ts';
import type { PendingTasks } from './pending-tasks.ts';
import type { Saved } from './saved.ts';

export interface EmptyingOptions {
  readonly storage: DurableObjectStorage;
  readonly machine: Machine;
  readonly tasks: PendingTasks;
  readonly log: DeploymentLog;
  readonly cleanup: Cleanup;
  readonly file: EndedDeployment;
  /** Creates the tables that the object has beside those of the machine. */
  readonly prepare: () => void;
}

export class Emptying implements EnvelopePlace {
  readonly #options: EmptyingOptions;
  readonly #envelopes: EnvelopeTable;

  constructor(options: EmptyingOptions) {
    this.#options = options;
    this.#envelopes = new EnvelopeTable(options.storage);
  }

  /** When, as seen at `now`, the object may empty itself; null while something is pending, and once it is empty. */
  dueAt(now: number): number | null {
    const { machine, tasks } = this.#options;
    if (machine.saved === null || machine.isClosing) return null;
    const due = emptiesAt(machine.saved, now);
    return due === null || !tasks.isIdle ? null : due;
  }

  /**
   * Empties the object if that is due. Until the file is in storage nothing is dropped, and what changes meanwhile keeps
   * it from being dropped: the next alarm tries again.
   */
  async run(now: number): Promise<void> {
    const { machine, log, cleanup, file } = this.#options;
    const { saved } = machine;
    if (saved === null || (this.dueAt(now) ?? Number.POSITIVE_INFINITY) > now) return;
    const envelope = this.#envelopes.read();
    await file.write({ saved, envelope });
    const isAsWritten =
      machine.saved === saved && signatureOf(this.#envelopes.read()) === signatureOf(envelope);
    if (!isAsWritten || this.dueAt(now) === null) return;
    machine.forget();
    log.forget();
    await cleanup.empty();
  }

  /** The deployment, in this object or outside of it; null when it was removed or never created. */
  async known(): Promise<Saved | null> {
    const { machine, file } = this.#options;
    if (machine.saved !== null) return machine.saved;
    const ended = await file.read();
    // It may have come back meanwhile.
    return machine.saved ?? ended?.saved ?? null;
  }

  /** Brings the deployment back into this object, which is to change it. False when it was removed, or is being removed. */
  async comeBack(): Promise<boolean> {
    const { storage, machine, log, file, prepare } = this.#options;
    if (machine.saved !== null) return true;
    const ended = await file.read();
    if (machine.saved !== null) return true;
    if (ended === null || machine.isClosing) return false;
    const { saved, envelope } = ended;
    storage.transactionSync(() => {
      prepare();
      machine.writeAll(saved);
      if (envelope !== null) this.#envelopes.write(envelope);
    });
    machine.adopt(saved);
    log.begin(saved.spec.limits.logBytes);
    return true;
  }

  /** The kept envelope. Of a deployment that this object has left, `known` must have been asked before. */
  read(): DsseEnvelope | null {
    const { machine, file } = this.#options;
    return machine.saved === null ? (file.known?.envelope ?? null) : this.#envelopes.read();
  }

  /** Keeps an envelope, unless the deployment was removed meanwhile. */
  async write(envelope: DsseEnvelope): Promise<void> {
    const { machine, file } = this.#options;
    if (machine.saved !== null) this.#envelopes.write(envelope);
    else if (file.known !== null) await file.write({ ...file.known, envelope });
  }
}

const signatureOf = (envelope: DsseEnvelope | null): string => envelope?.signatures[0]?.sig ?? '';
