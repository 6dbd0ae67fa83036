/** The language in which the page is written, as a BCP 47 tag: that of the document. */
export const language = (): string =>
  (typeof document === 'undefined' ? '' : document.documentElement.lang) || 'en';

/**
 * Remembers what `make` builds for each language, because building an Intl object costs far more than using one.
 * Gives the one of the page's language.
 */
export function perLanguage<Format>(make: (language: string) => Format): () => Format {
  const built = new Map<string, Format>();
  return () => {
    const tag = language();
    const known = built.get(tag);
    if (known !== undefined) return known;
    const format = make(tag);
    built.set(tag, format);
    return format;
  };
}
