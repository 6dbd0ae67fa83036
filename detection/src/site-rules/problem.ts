/** What is wrong with a site's rules, for the build log. */

/**
 * `error` fails the deployment: the file can't be read, or it protects something in a way that AppFlux doesn't have, so
 * that publishing without it would show what should be hidden. `warning` leaves the rule out, as Netlify and Cloudflare
 * do; a rule never applies without one of its conditions.
 */
export type SiteRuleLevel = 'error' | 'warning';

export interface SiteRuleProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly level: SiteRuleLevel;
  /** A sentence; names from the file are in quotation marks and printable. */
  readonly message: string;
}

/** Says why a rule is left out. Thrown and caught within compilation. */
export class RuleRefused extends Error {
  override readonly name = 'RuleRefused';
  readonly level: SiteRuleLevel;

  constructor(message: string, level: SiteRuleLevel = 'warning') {
    super(message);
    this.level = level;
  }
}

/** A file of thousands of bad lines must not fill the log. */
const MAX_PROBLEMS = 100;

/** Collects the problems of all files. */
export class Problems {
  readonly #found: SiteRuleProblem[] = [];
  #further: Record<SiteRuleLevel, number> = { error: 0, warning: 0 };

  add(file: string, line: number, message: string, level: SiteRuleLevel = 'warning'): void {
    if (this.#found.length < MAX_PROBLEMS) this.#found.push({ file, line, level, message });
    else this.#further[level] += 1;
  }

  /** What `compile` returns, or null if it refuses the rule, which becomes a problem of this line. */
  attempt<Result>(file: string, line: number, compile: () => Result): Result | null {
    try {
      return compile();
    } catch (error) {
      if (!(error instanceof RuleRefused)) throw error;
      this.add(file, line, error.message, error.level);
      return null;
    }
  }

  /** All problems, by file and line; the last sums up those beyond the first hundred. */
  list(): readonly SiteRuleProblem[] {
    const files = [...new Set(this.#found.map(({ file }) => file))];
    const sorted = this.#found.toSorted(
      (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line,
    );
    const last = sorted.at(-1);
    const { error, warning } = this.#further;
    if (last === undefined || error + warning === 0) return sorted;
    const level = error > 0 ? 'error' : 'warning';
    return [...sorted, { ...last, level, message: `And ${error + warning} more problems.` }];
  }
}
