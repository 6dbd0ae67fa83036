import { type App, MAX_SIZE_BUDGETS, needsPattern, type SizeBudget } from '@appflux/protocol';

const UNITS = { kB: 1000, MB: 1_000_000 } as const;

export type Unit = keyof typeof UNITS;

/** A budget as it is edited. */
export interface BudgetRow {
  what: SizeBudget['what'];
  pattern: string;
  /** The limit, in `unit`. */
  amount: string;
  unit: Unit;
  compression: SizeBudget['compression'];
  on: SizeBudget['on'];
}

const EMPTY: BudgetRow = {
  what: 'js',
  pattern: '',
  amount: '',
  unit: 'kB',
  compression: 'gzip',
  on: 'warn',
};

/** The form of an app's size budgets. */
export class BudgetForm {
  rows = $state<BudgetRow[]>([]);

  constructor({ budgets }: Pick<App, 'budgets'>) {
    this.rows = budgets.map(toRow);
  }

  get full(): boolean {
    return this.rows.length >= MAX_SIZE_BUDGETS;
  }

  add(): void {
    this.rows.push({ ...EMPTY });
  }

  remove(index: number): void {
    this.rows.splice(index, 1);
  }

  get valid(): boolean {
    return this.rows.every((row) => amountProblem(row) === null && patternProblem(row) === null);
  }

  /** The budgets in the form. Call it only if the form is valid. */
  toBudgets(): SizeBudget[] {
    return this.rows.map((row) => {
      const { what, pattern, on } = row;
      return {
        what,
        ...(needsPattern(what) && { pattern: pattern.trim() }),
        limit: bytesOf(row),
        compression: canCompress(row) ? row.compression : 'none',
        on,
      };
    });
  }
}

/** Whether the size of a budget can be measured as browsers load it. */
export const canCompress = ({ what }: Pick<BudgetRow, 'what'>): boolean => what !== 'artifacts';

/** What is wrong with a limit; null if nothing is. */
export function amountProblem(row: BudgetRow): string | null {
  const bytes = bytesOf(row);
  return bytes >= 1 && bytes <= 1_000_000_000_000 ? null : 'Enter a size, such as 200 or 1.5.';
}

/** What is wrong with a pattern; null if nothing is. */
export function patternProblem({ what, pattern }: BudgetRow): string | null {
  if (!needsPattern(what)) return null;
  if (pattern.trim() === '') return 'Enter a pattern.';
  return pattern.trim().length > 200 ? 'Use at most 200 characters.' : null;
}

const bytesOf = ({ amount, unit }: BudgetRow): number =>
  /^\d+(?:\.\d+)?$/.test(amount.trim()) ? Math.round(Number(amount) * UNITS[unit]) : Number.NaN;

/** A stored budget in the unit that shows its limit without rounding it. */
function toRow({ what, pattern = '', limit, compression, on }: SizeBudget): BudgetRow {
  const unit: Unit = limit >= UNITS.MB && limit % UNITS.kB === 0 ? 'MB' : 'kB';
  return { what, pattern, amount: String(limit / UNITS[unit]), unit, compression, on };
}
