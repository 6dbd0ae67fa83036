/**
 * Ended deployments outside of their objects. What an object keeps of one takes 28 KB at least, most of it empty pages of
 * its tables. So once nothing of a deployment is pending any more, its object writes what it remembers into one small file
 * in storage and empties itself. It then answers from that file, and comes back from it when something changes after all.
 */
import { type DsseEnvelope, hasEnded } from '@appflux/protocol';
import { readEndedFile, writeEndedFile } from '../metadata/archive/ended-file.ts';
import { endedDeploymentKey } from '../storage/keys.ts';
import type { ObjectStore } from '../storage/storage.ts';
import { recordOf } from './record.ts';
import type { Saved } from './saved.ts';

/**
 * So long after its end, in milliseconds, a deployment's object empties itself. An object is in memory until some seconds
 * after it was last called, so one that waited longer would take its megabyte longer. A call that creates a deployment may
 * be repeated meanwhile, and finds it there.
 */
export const EMPTIES_AFTER_MS = 5_000;

/** What an object has written before it emptied itself. */
export interface Ended {
  readonly saved: Saved;
  /** Its signed provenance; null while nobody has asked for it. */
  readonly envelope: DsseEnvelope | null;
}

/** The part of the file that only the object reads. */
type Memory = Pick<Saved, 'spec' | 'state'> & Pick<Ended, 'envelope'>;

/**
 * When, as seen at `now`, the object of this deployment may empty itself; null before the deployment has ended, its log is
 * archived, and its events were delivered. A deployment that was skipped has no log that would be archived.
 */
export function emptiesAt({ spec, state, seq, confirmed }: Saved, now: number): number | null {
  const { status, finishedAt, logKey } = state;
  if (!hasEnded(status) || finishedAt === null || confirmed < seq) return null;
  if (logKey === null && spec.skipped === undefined) return null;
  // A clock that was set back must not keep it waiting.
  return finishedAt > now ? now : finishedAt + EMPTIES_AFTER_MS;
}

/** The file of one deployment, as its object handles it. */
export class EndedDeployment {
  readonly #objects: ObjectStore;
  readonly #id: () => string | undefined;
  /** As it was last read or written. */
  #known: Ended | null = null;
  /** What is being written; what comes next waits for it. */
  #writing: Promise<unknown> = Promise.resolve();
  #isRemoved = false;

  /** `id`: the deployment's, by which the object is found. */
  constructor(objects: ObjectStore, id: () => string | undefined) {
    this.#objects = objects;
    this.#id = id;
  }

  /** What it was last known to hold; null before it was read or written. */
  get known(): Ended | null {
    return this.#known;
  }

  /** What the object has left; null when it has left nothing. Throws AppFluxError `unavailable` if storage doesn't respond. */
  async read(): Promise<Ended | null> {
    const id = this.#id();
    if (this.#known !== null || this.#isRemoved || id === undefined) return this.#known;
    const file = await readEndedFile<Memory>(this.#objects, id);
    if (file === null || this.#isRemoved) return null;
    const { seq, memory } = file;
    const { spec, state, envelope } = memory;
    this.#known ??= { saved: { spec, state, seq, confirmed: seq }, envelope };
    return this.#known;
  }

  /** Writes it in the place of what is there. Nothing is written once it was removed. */
  write(ended: Ended): Promise<void> {
    if (!this.#isRemoved) this.#known = ended;
    const { spec, state, seq } = ended.saved;
    const memory: Memory = { spec, state, envelope: ended.envelope };
    return this.#inTurn(async () => {
      if (this.#isRemoved) return;
      await writeEndedFile(this.#objects, { record: recordOf(spec, state), seq, memory });
    });
  }

  /** Removes it. Throws what storage throws; it is still there then. */
  async remove(id: string): Promise<void> {
    const known = this.#known;
    this.#isRemoved = true;
    this.#known = null;
    try {
      await this.#inTurn(() => this.#objects.delete([endedDeploymentKey(id)]));
    } catch (error) {
      this.#isRemoved = false;
      this.#known = known;
      throw error;
    }
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#writing.then(work, work);
    this.#writing = turn.catch(() => undefined);
    return turn;
  }
}
