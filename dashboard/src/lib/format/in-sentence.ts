import { language } from './language.ts';

/** A label within a sentence: in small letters, except in languages whose nouns have capital ones. */
export const inSentence = (label: string): string =>
  language().startsWith('de') ? label : label.toLowerCase();
