/** The languages of the dashboard, and which one a visitor gets. */

/** Each language by its own name. English is the one that the dashboard is written in. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

export const DEFAULT_LANGUAGE: Language = 'en';

/** The cookie with the language that a visitor has chosen. */
export const LANGUAGE_COOKIE = 'appflux_language';

/** More ranges than any browser sends. */
const MOST_RANGES = 50;

/** RFC 9110 §12.4.2 and §12.5.4, RFC 4647 §2.1: a range, and its weight. */
const RANGE = /^(\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)(?:\s*;\s*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;

export const isLanguage = (value: string): value is Language => Object.hasOwn(LANGUAGES, value);

/**
 * The language of the dashboard for a request: the chosen one, else the best of those that the browser asks for, else
 * English. Takes the headers Cookie and Accept-Language; ranges that are malformed don't count.
 */
export function languageFor(cookie: string | null, acceptLanguage: string | null): Language {
  return chosenLanguage(cookie ?? '') ?? acceptedLanguage(acceptLanguage ?? '') ?? DEFAULT_LANGUAGE;
}

function chosenLanguage(cookie: string): Language | null {
  for (const pair of cookie.split(';')) {
    const [name, value, ...rest] = pair.trim().split('=');
    if (name === LANGUAGE_COOKIE && value !== undefined && rest.length === 0 && isLanguage(value))
      return value;
  }
  return null;
}

/** RFC 4647 §3.4, lookup: `de-AT` is served with `de`, but `de` isn't with another language. */
function acceptedLanguage(header: string): Language | null {
  const ranges = header
    .split(',', MOST_RANGES)
    .flatMap((text) => {
      const [, range, weight = '1'] = RANGE.exec(text.trim()) ?? [];
      return range === undefined ? [] : [{ range: range.toLowerCase(), weight: Number(weight) }];
    })
    .toSorted((a, b) => b.weight - a.weight);
  const refused = new Set(ranges.filter(({ weight }) => weight === 0).map(({ range }) => range));
  for (const { range, weight } of ranges) {
    if (weight === 0) return null;
    const language = range === '*' ? anyOther(ranges.map((each) => each.range)) : (range.split('-')[0] ?? '');
    if (language !== null && isLanguage(language) && !refused.has(language)) return language;
  }
  return null;
}

/** What `*` stands for: a language that no other range names; English if it is one. */
const anyOther = (ranges: readonly string[]): Language | null =>
  Object.keys(LANGUAGES)
    .filter(isLanguage)
    .find((language) => !ranges.some((range) => range === language || range.startsWith(`${language}-`))) ??
  null;
