import type { SizeBudget } from '@appflux/protocol';
import { describe, expect, test } from 'vitest';
import { amountProblem, BudgetForm, patternProblem } from './budget-form.svelte.ts';

const budget = (change: Partial<SizeBudget> = {}): SizeBudget => ({
  what: 'js',
  limit: 200_000,
  compression: 'gzip',
  on: 'warn',
  ...change,
});

test.each([
  [[]],
  [[budget()]],
  [[budget({ limit: 1_500_000 }), budget({ limit: 123_456, on: 'fail' }), budget({ limit: 1 })]],
  [[budget({ what: 'files', pattern: 'assets/**' })]],
  [[budget({ what: 'artifacts', pattern: '*.apk', compression: 'none' })]],
])('a form filled with %j gives the same budgets', (budgets) => {
  const form = new BudgetForm({ budgets });
  expect(form.valid).toBe(true);
  expect(form.toBudgets()).toEqual(budgets);
});

test('a large limit is shown in megabytes', () => {
  const { rows } = new BudgetForm({ budgets: [budget({ limit: 1_500_000 }), budget({ limit: 150_500 })] });
  expect(rows).toMatchObject([
    { amount: '1.5', unit: 'MB' },
    { amount: '150.5', unit: 'kB' },
  ]);
});

describe('a budget of another kind', () => {
  const edited = (change: object) => {
    const form = new BudgetForm({ budgets: [budget({ what: 'files', pattern: 'a/**' })] });
    Object.assign(form.rows[0] as object, change);
    return form.toBudgets()[0];
  };

  test('has no pattern if it needs none', () => {
    expect(edited({ what: 'css' })).toEqual(budget({ what: 'css' }));
  });

  test('is measured without compression if it is for artifacts', () => {
    expect(edited({ what: 'artifacts' })).toMatchObject({ compression: 'none', pattern: 'a/**' });
  });
});

test('a new budget is valid once it has a limit', () => {
  const form = new BudgetForm({ budgets: [] });
  form.add();
  expect(form.valid).toBe(false);
  Object.assign(form.rows[0] as object, { amount: ' 1.5 ', unit: 'MB' });
  expect(form.toBudgets()).toEqual([budget({ limit: 1_500_000 })]);
  form.remove(0);
  expect(form.toBudgets()).toEqual([]);
});

test.each(['', '0', '-1', '1,5', '1e3', '200 kB', '0.0000001', '9999999999'])('%j is no limit', (amount) => {
  const [row] = new BudgetForm({ budgets: [budget()] }).rows;
  expect(row && amountProblem({ ...row, amount, unit: 'MB' })).not.toBeNull();
});

test('files and artifacts need a pattern of at most 200 characters', () => {
  const [row] = new BudgetForm({ budgets: [budget()] }).rows;
  const problem = (pattern: string, what: SizeBudget['what'] = 'files') =>
    row && patternProblem({ ...row, what, pattern });
  expect(problem(' ')).toBe('Enter a pattern.');
  expect(problem('', 'artifacts')).toBe('Enter a pattern.');
  expect(problem('', 'js')).toBeNull();
  expect(problem('a'.repeat(200))).toBeNull();
  expect(problem('a'.repeat(201))).toBe('Use at most 200 characters.');
});
