import { type Runner, RunnerLabel, RunnerName, Slots, type UpdateRunner } from '@appflux/protocol';

/** The limit in UpdateRunner. */
const MOST_LABELS = 20;

/** The form of a runner's registration. */
export class RunnerForm {
  readonly #runner: Runner;
  name = $state('');
  labels = $state('');
  slots = $state('');

  constructor(runner: Runner) {
    this.#runner = runner;
    this.name = runner.name;
    this.labels = runner.labels.join(', ');
    this.slots = String(runner.slots);
  }

  get labelList(): string[] {
    return [...new Set(this.labels.split(/[\s,]+/).filter(Boolean))];
  }

  /** What is wrong with each field; null if it is valid. */
  get problems(): { name: string | null; labels: string | null; slots: string | null } {
    const wrong = this.labelList.map((label) => RunnerLabel.safeParse(label).error?.issues[0]?.message);
    const tooMany = this.labelList.length > MOST_LABELS ? `Use at most ${MOST_LABELS} labels` : null;
    return {
      name: RunnerName.safeParse(this.name.trim()).error?.issues[0]?.message ?? null,
      labels: wrong.find(Boolean) ?? tooMany,
      slots: Slots.safeParse(this.#slots).success ? null : 'Enter a whole number from 1 to 64',
    };
  }

  get isValid(): boolean {
    return Object.values(this.problems).every((problem) => problem === null);
  }

  /** The fields that differ from the original runner. */
  get change(): UpdateRunner {
    const { name, labels, slots } = this.#runner;
    const typed = this.labelList;
    const sameLabels = typed.length === labels.length && typed.every((label) => labels.includes(label));
    return {
      ...(this.name.trim() === name ? {} : { name: this.name.trim() }),
      ...(sameLabels ? {} : { labels: typed }),
      ...(this.#slots === slots ? {} : { slots: this.#slots }),
    };
  }

  get #slots(): number {
    return /^\d+$/.test(this.slots.trim()) ? Number(this.slots) : Number.NaN;
  }
}
