import { isAppFluxError } from '@appflux/protocol';
import { untrack } from 'svelte';
import { type Conflict, copyFields, differ, fieldOf, merge, setField } from './merge.ts';

/** How often a form is sent while others change the same record. */
const SAVE_ATTEMPTS = 3;

export interface DraftOptions<Stored, Form> {
  /** The stored record as the page knows it. */
  stored: () => Stored;
  /** A form filled with it. */
  fill: (stored: Stored) => Form;
  /** Loads the record again, before a change is sent. */
  reload: () => Promise<void>;
}

/**
 * A form over a stored record that others may change, too. Their changes appear in the form as they arrive; what was
 * typed stays, and where both changed the same field, `conflicts` has it until the user decides.
 */
export class Draft<Stored, Form extends object> {
  /** Edited in place: it is the same object for as long as the draft. */
  readonly form: Form;
  readonly #options: DraftOptions<Stored, Form>;
  #base: Form;
  /** Counts what `#base` is set to, because it is no signal itself. */
  #version = $state(0);
  #conflicts = $state.raw<readonly Conflict[]>([]);
  #saving = false;

  constructor(options: DraftOptions<Stored, Form>) {
    this.#options = options;
    this.form = untrack(() => options.fill(options.stored()));
    this.#base = untrack(() => options.fill(options.stored()));
  }

  /** Whether the form differs from the stored record. */
  get changed(): boolean {
    void this.#version;
    return differ(this.form, this.#base);
  }

  /** Fields that someone else changed in another way, since the form was filled. */
  get conflicts(): readonly Conflict[] {
    return this.#conflicts;
  }

  /** Takes over what others changed. For `$effect`: it runs again when the stored record changes. */
  sync(): void {
    const stored = this.#options.stored();
    untrack(() => {
      if (this.#saving) return;
      const theirs = this.#options.fill(stored);
      if (!differ(theirs, this.#base)) return;
      const fresh = merge(this.form, this.#base, theirs);
      const earlier = this.#conflicts.filter(({ field }) =>
        fresh.every((conflict) => conflict.field !== field),
      );
      this.#setBase(theirs);
      this.#conflicts = [...earlier, ...fresh].flatMap(({ field }) => {
        const now = fieldOf(theirs, field);
        return JSON.stringify(now) === JSON.stringify(fieldOf(this.form, field))
          ? []
          : [{ field, theirs: now }];
      });
    });
  }

  /** Settles all conflicts: with the values of the form, or with the stored ones. */
  settle(keep: 'mine' | 'theirs'): void {
    if (keep === 'theirs')
      for (const { field, theirs } of this.#conflicts) setField(this.form, field, theirs);
    this.#conflicts = [];
  }

  /** Sets the form back to the stored record. */
  discard(): void {
    copyFields(this.#base, this.form);
    this.#conflicts = [];
  }

  /**
   * Sends the form, unless loading the record again shows a conflict: then it gives false. What is typed meanwhile stays
   * in the form. Throws what `send` throws; if that is `settings_changed`, the record is loaded again first.
   */
  async save(send: () => Promise<void>): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      await this.#options.reload();
      this.sync();
      if (this.#conflicts.length > 0) return false;
      try {
        await this.#send(send);
        return true;
      } catch (error) {
        // Someone else saved between the two calls.
        if (!isAppFluxError(error, 'settings_changed') || attempt === SAVE_ATTEMPTS) throw error;
      }
    }
  }

  async #send(send: () => Promise<void>): Promise<void> {
    const sent = this.#options.fill(this.#options.stored());
    copyFields(this.form, sent);
    this.#saving = true;
    try {
      await send();
      const stored = this.#options.fill(this.#options.stored());
      // The server may have tidied what was sent; only fields that were edited since then differ from it.
      merge(this.form, sent, stored);
      this.#setBase(stored);
    } finally {
      this.#saving = false;
    }
  }

  #setBase(form: Form): void {
    this.#base = form;
    this.#version += 1;
  }
}
