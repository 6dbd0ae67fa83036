import { DEFAULT_LANGUAGE, isLanguage, LANGUAGE_COOKIE, type Language } from '@appflux/protocol/languages';

/** A year: most browsers keep no cookie for longer than 400 days. */
const KEPT_SECONDS = 31_536_000;

/** The language that the page is built in. */
export function currentLanguage(): Language {
  const tag = document.documentElement.lang;
  return isLanguage(tag) ? tag : DEFAULT_LANGUAGE;
}

/** The cookie that asks the edge for a language, as `document.cookie` takes it. @param secure whether the page has https */
export const cookieFor = (language: Language, secure: boolean): string =>
  `${LANGUAGE_COOKIE}=${language}; Path=/; Max-Age=${KEPT_SECONDS}; SameSite=Lax${secure ? '; Secure' : ''}`;

/** Remembers a language for this browser, and loads the page again in it. */
export function chooseLanguage(language: Language): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing without https, and in older browsers.
  document.cookie = cookieFor(language, location.protocol === 'https:');
  location.reload();
}
