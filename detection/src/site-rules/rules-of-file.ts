/** A rule and where it stands. */
export interface Located<Rule> {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly rule: Rule;
}

export type FileRules<Rule> = Located<Rule>[];
