/** The rules in the order in which they are asked; the first that knows the project decides. */
import type { Rule } from './rule.ts';
import { webRule } from './web/index.ts';

export const RULES: readonly Rule[] = [webRule];
