/** What this runner takes: what it is registered for, unless its own settings ask for less. */
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
  /** As it was when this runner last heard of it: on its disk, until the edge has said more. */
  readonly registered: Registered;
  readonly journal: Journal;
  /** Keeps a registration that has changed. */
  readonly keep?: (registered: Registered) => Promise<void>;
}

export class Capacity {
  readonly #options: CapacityOptions;
  #registered: Registered;
  /** An edge of version 0.1.0 never says it, and takes what is announced. */
  #confirmed = false;
  #complaint = '';
  /** Registrations are written one after the other. */
  #kept: Promise<void> = Promise.resolve();

  constructor(options: CapacityOptions) {
    this.#options = options;
    this.#registered = options.registered;
  }

  /** What the runner tells its pool. */
  get announced(): { labels: readonly string[]; slots: number } {
    const { labels, slots } = this.#options.settings;
    return { labels: labels ?? this.#registered.labels, slots: slots ?? this.#registered.slots };
  }

  /** How many builds it takes at once. */
  get slots(): number {
    const { slots } = this.announced;
    return this.#confirmed ? Math.min(slots, this.#registered.slots) : slots;
  }

  /** The edge has said what the runner is registered for. Gives whether there is something new to announce. */
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
          // It is told again with the next connection.
          journal.warn('The changed registration could not be saved', { error: describeError(error) }),
        );
    }
    this.#complain();
    return JSON.stringify(this.announced) !== before;
  }

  /** Says once that settings ask for more than they get: that is no error, but never what somebody wanted. */
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
