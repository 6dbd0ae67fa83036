import { BuildLimits } from '@appflux/protocol';

/** The form of a team's limits. */
export class LimitsForm {
  builds = $state('');
  labels = $state('');

  constructor({ builds, labels }: BuildLimits) {
    this.builds = builds === null ? '' : String(builds);
    this.labels = Object.entries(labels)
      .map(([label, most]) => `${label}: ${most}`)
      .join(', ');
  }

  /** What is wrong with each field; null if it is valid. */
  get problems(): { builds: string | null; labels: string | null } {
    const { builds, labels } = BuildLimits.shape;
    const parsed = this.#labels;
    return {
      builds: builds.safeParse(this.#builds).success
        ? null
        : 'Enter a whole number from 1 to 10,000, or nothing',
      labels:
        parsed === null
          ? 'Enter labels with a number each, such as `macos: 2, gpu: 1`'
          : (labels.safeParse(parsed).error?.issues[0]?.message ?? null),
    };
  }

  get isValid(): boolean {
    return Object.values(this.problems).every((problem) => problem === null);
  }

  /** The limits as typed. Only of a valid form. */
  get limits(): BuildLimits {
    return { builds: this.#builds, labels: this.#labels ?? {} };
  }

  get #builds(): number | null {
    return this.builds.trim() === '' ? null : numberOf(this.builds);
  }

  /** Null if it can't be read, or a label is there twice. */
  get #labels(): Record<string, number> | null {
    const typed = this.labels.split(/[,\n]/).filter((part) => part.trim() !== '');
    const pairs = typed.map((part) => /^\s*([^\s:=]+)\s*[:=\s]\s*(\S+)\s*$/.exec(part));
    const read = pairs.flatMap((pair) =>
      pair === null ? [] : [[pair[1] ?? '', numberOf(pair[2] ?? '')] as const],
    );
    const names = new Set(read.map(([label]) => label));
    return read.length < typed.length || names.size < read.length ? null : Object.fromEntries(read);
  }
}

const numberOf = (text: string) => (/^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN);
