/** Says where in the source something is that workerd names by its place in a module. */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { OUTPUT } from './output.mjs';

/** `chunks/a.js:10:32`, lines and columns from 1. */
const PLACE = /([\w@./-]+\.[cm]?js):(\d+):(\d+)/g;

/**
 * A text with the places of the source in it, where a source map tells them.
 * @param {string} root the project's folder, absolute
 * @param {string} text such as the stack of an error
 */
export const withSourcePlaces = (root, text) =>
  text.replace(PLACE, (place, name, line, column) => {
    const map = mapOf(root, name);
    const found = map?.findEntry(Number(line) - 1, Number(column) - 1);
    if (found?.originalSource === undefined) return place;
    return `${found.originalSource}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  });

function mapOf(root, name) {
  try {
    return new SourceMap(JSON.parse(readFileSync(join(root, OUTPUT, 'maps', `${name}.map`), 'utf8')));
  } catch {
    // No source map of that module, or one that can't be read: then its own place has to do.
    return null;
  }
}
