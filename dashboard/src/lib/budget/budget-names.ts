/** How budgets are named. Pure. */
import type { SizeBudget } from '@appflux/protocol';

/** What a budget can limit, as forms offer it. */
export const TARGET_OPTIONS: readonly { value: SizeBudget['what']; label: string }[] = [
  { value: 'total', label: 'Everything' },
  { value: 'js', label: 'JavaScript' },
  { value: 'css', label: 'CSS' },
  { value: 'images', label: 'Images' },
  { value: 'files', label: 'Files' },
  { value: 'artifacts', label: 'Artifacts' },
];

/** What a budget limits: `JavaScript`, or its pattern. */
export const targetName = ({ what, pattern }: Pick<SizeBudget, 'what' | 'pattern'>): string =>
  pattern ?? TARGET_OPTIONS.find(({ value }) => value === what)?.label ?? what;
