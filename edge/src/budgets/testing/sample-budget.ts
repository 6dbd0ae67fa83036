/** A size budget for tests. */
import type { SizeBudget } from '@appflux/protocol';

export const sampleBudget = (change: Partial<SizeBudget> = {}): SizeBudget => ({
  what: 'total',
  limit: 1000,
  compression: 'none',
  on: 'warn',
  ...change,
});
