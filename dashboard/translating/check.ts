/** What is wrong with the translations of a language. */
import type { Catalog, Found } from './catalog.ts';
import { keyOf, placesOf } from './message.ts';

/** A finding for each text without a translation, translation without a text, and one with other places than its text. */
export function problemsOf(texts: readonly Found[], catalog: Catalog): string[] {
  const keys = new Set(texts.map(({ forms }) => keyOf(forms)));
  const left = [...catalog.keys()].filter((key) => !keys.has(key));
  return [
    ...texts.flatMap(({ forms, files }) => problemOf(forms, catalog.get(keyOf(forms)), files[0] ?? '')),
    ...left.map((key) => `“${key}” is no text of the dashboard any more`),
  ];
}

function problemOf(
  forms: Found['forms'],
  translation: readonly string[] | undefined,
  file: string,
): string[] {
  const text = `“${forms.join('” / “')}” (${file})`;
  if (translation === undefined) return [`${text} has no translation`];
  if (translation.length !== forms.length) return [`${text} needs ${forms.length} forms`];
  const differs = forms.some((form, index) => !samePlaces(form, translation[index] ?? ''));
  return differs ? [`The translation of ${text} has other places for values or elements`] : [];
}

function samePlaces(text: string, translation: string): boolean {
  try {
    return placesOf(text).join() === placesOf(translation).join();
  } catch {
    // An element of the translation isn't closed, or is closed by another one.
    return false;
  }
}
