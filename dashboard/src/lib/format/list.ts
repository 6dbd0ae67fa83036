import { perLanguage } from './language.ts';

const all = perLanguage((tag) => new Intl.ListFormat(tag, { type: 'conjunction' }));

/** Items as a list in a sentence: `a`, `a and b`, `a, b, and c`. */
export const formatList = (items: readonly string[]): string => all().format(items);
