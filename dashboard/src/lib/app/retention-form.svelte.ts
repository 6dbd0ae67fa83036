import { KeepRule, type Retention, type RetentionDefaults } from '@appflux/protocol';
import { formatNumber } from '#lib/format/number.ts';

/** Whether an app uses the instance's default rule or its own. */
export type RuleChoice = 'instance' | 'own';

/** What a rule keeps, to follow "Keeps". */
export function describeRule({ keepLast, days }: KeepRule): string {
  const last = keepLast === 1 ? 'the last deployment' : `the last ${formatNumber(keepLast)} deployments`;
  const recent = days === 1 ? 'last day' : `last ${formatNumber(days)} days`;
  if (keepLast === 0 && days === 0) return 'only what is always kept';
  if (keepLast === 0) return `all from the ${recent}`;
  return days === 0 ? last : `${last}, plus all from the ${recent}`;
}

/** The form of one rule. */
export class RuleForm {
  choice = $state<RuleChoice>('instance');
  keepLast = $state('');
  days = $state('');

  /** `own` is the app's rule, or null; `instance` is the default, which fills the fields of a new rule. */
  constructor(own: KeepRule | null, instance: KeepRule) {
    this.choice = own === null ? 'instance' : 'own';
    const { keepLast, days } = own ?? instance;
    this.keepLast = String(keepLast);
    this.days = String(days);
  }

  get keepLastProblem(): string | null {
    return this.#problem('keepLast', this.keepLast);
  }

  get daysProblem(): string | null {
    return this.#problem('days', this.days);
  }

  get valid(): boolean {
    return this.keepLastProblem === null && this.daysProblem === null;
  }

  /** The rule in the form; null for the instance's default. */
  toRule(): KeepRule | null {
    return this.choice === 'instance' ? null : { keepLast: Number(this.keepLast), days: Number(this.days) };
  }

  #problem(member: 'keepLast' | 'days', text: string): string | null {
    if (this.choice === 'instance') return null;
    const valid = /^\d+$/.test(text.trim()) && KeepRule.shape[member].safeParse(Number(text)).success;
    return valid ? null : `Enter a whole number from 0 to ${member === 'days' ? 3650 : 1000}.`;
  }
}

/** The form of an app's retention. */
export class RetentionForm {
  readonly artifacts: RuleForm;
  readonly logs: RuleForm;

  constructor(retention: Retention, defaults: RetentionDefaults) {
    this.artifacts = new RuleForm(retention.artifacts, defaults.artifacts);
    this.logs = new RuleForm(retention.logs, defaults.logs);
  }

  get valid(): boolean {
    return this.artifacts.valid && this.logs.valid;
  }

  toRetention(): Retention {
    return { artifacts: this.artifacts.toRule(), logs: this.logs.toRule() };
  }
}
