import { Cron } from 'croner';
import { toString as describe } from 'cronstrue';
import { language } from '#lib/format/language.ts';

/** Five fields, or a nickname such as `@daily`. */
const FORM = /^(?:@[a-z]+|\S+(?:\s+\S+){4})$/i;

export type ReadCron = { ok: true; words: string; next: Date[] } | { ok: false; message: string };

/**
 * Reads a cron expression of five fields, in UTC: what it says, and the next times after `now`. The message says what
 * is wrong with it.
 */
export function readCron(expression: string, now: Date, count = 3): ReadCron {
  const text = expression.trim();
  if (text === '') return { ok: false, message: 'Enter a cron expression.' };
  if (!FORM.test(text))
    return { ok: false, message: 'Enter five fields: minute, hour, day of month, month, day of week.' };
  try {
    const next = new Cron(text, { timezone: 'UTC', mode: '5-part', paused: true }).nextRuns(count, now);
    if (next.length === 0) return { ok: false, message: 'This never happens. Choose a date that exists.' };
    return { ok: true, words: cronWords(text), next };
  } catch {
    // croner throws on syntax only, and its messages name its own classes.
    return { ok: false, message: 'Invalid cron expression. Use a form such as 0 3 * * 1-5.' };
  }
}

/** A cron expression in words of the page’s language, such as `At 03:00, Monday through Friday`; the expression itself if it has none. */
export function cronWords(expression: string): string {
  try {
    return describe(expression, { use24HourTimeFormat: true, locale: language() });
  } catch {
    // Something that croner reads and cronstrue doesn't.
    return expression;
  }
}
