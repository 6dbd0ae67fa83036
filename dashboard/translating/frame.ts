/** The first frame: the page before its scripts have run (`src/app.html`). */
import { escaped } from './write.ts';

const NOTE = /(?<=<noscript>)[^<]*(?=<\/noscript>)/;
const LANGUAGE = /(?<=<html lang=")en(?=")/;

/** What the page says where scripts are off. @throws Error if it says nothing */
export function noteOf(page: string): string {
  const [note] = NOTE.exec(page) ?? [];
  if (note === undefined) throw new Error('src/app.html has no <noscript>.');
  return note;
}

/** The page in another language. @throws Error if it doesn't have the places for it */
export function translateFrame(page: string, language: string, note: string): string {
  if (!LANGUAGE.test(page)) throw new Error('src/app.html doesn’t set its language.');
  noteOf(page);
  return page.replace(LANGUAGE, language).replace(NOTE, () => escaped(note));
}
