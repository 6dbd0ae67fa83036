/** What this runner accepts: its registration, unless its own settings are narrower. */
import { beyondRegistration } from '@appflux/protocol';
import { describeError, type Journal } from '../journal.ts';

/** What the edge says that a runner is registered for. */
export interface Registered {
  readonly name: string;
  readonly labels: readonly string[];
  readonly slots: number;
}

export interface CapacityOptions {
  /** What flags, environment or `config.json` say; what they leave out follows the registration. */
  readonly settings: { readonly labels?: readonly string[] | undefined; readonly slots?: number | undefined };
  /** The registration as it was last received; from the disk until the edge has sent one. */
  readonly registered: Registered;
  readonly journal: Journal;
  /** Keeps a registration that has changed. */
  readonly keep?: (registered: Registered) => Promise<void>;
}

export class Capacity {
  readonly #options: CapacityOptions;
  #registered: Registered;
  /** An edge of version 0.1.0 never sends it, and accepts what is announced. */
  #confirmed = false;
  #complaint = '';
  /** Registrations are written one after the other. */
  #kept: Promise<void> = Promise.resolve();

  constructor(options: CapacityOptions) {
    this.#options = options;
    this.#registered = options.registered;
  }

  /** What the runner announces to its pool. */
  get announced(): { labels: readonly string[]; slots: number } {
    const { labels, slots } = this.#options.settings;
    return { labels: labels ?? this.#registered.labels, slots: slots ?? this.#registered.slots };
  }

  /** How many builds run in parallel. */
  get slots(): number {
    const { slots } = this.announced;
    return this.#confirmed ? Math.min(slots, this.#registered.slots) : slots;
  }

  /** Takes a registration from the edge. Gives whether the announcement changes. */
  register(registered: Registered): boolean {
    const { journal, keep } = this.#options;
    const before = JSON.stringify(this.announced);
    const isNew = JSON.stringify(factsOf(registered)) !== JSON.stringify(factsOf(this.#registered));
    this.#registered = registered;
    this.#confirmed = true;
    if (isNew) {
      journal.info('The registration of this runner has changed', { ...factsOf(registered) });
      this.#kept = this.#kept
        .then(() => keep?.(registered))
        .catch((error: unknown) =>
          // The edge sends it again with the next connection.
          journal.warn('The changed registration could not be saved', { error: describeError(error) }),
        );
    }
    this.#complain();
    return JSON.stringify(this.announced) !== before;
  }

  /** Warns once that settings ask for more than is registered: no error, but never intended. */
  #complain(): void {
    const known = { executor: null };
    const asked = beyondRegistration({ ...this.#registered, ...known }, { ...this.announced, ...known });
    const complaint = asked.join('; ');
    if (complaint !== '' && complaint !== this.#complaint) {
      this.#options.journal.warn(
        `This runner ${complaint}. Change its registration in the dashboard under Runners, or its own settings.`,
      );
    }
    this.#complaint = complaint;
  }
}

const factsOf = ({ name, labels, slots }: Registered) => ({ name, labels: labels.join(','), slots });
