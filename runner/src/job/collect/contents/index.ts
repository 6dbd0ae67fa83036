/** What artifacts say about themselves, read from their contents: they are the build's, so nothing in them is trusted. */

import { type ArtifactMeta, printable } from '@appflux/protocol';
import type { z } from 'zod';
import { say, type Text } from '../../../masking/sentence.ts';
import { androidFacts } from './android/apk.ts';
import { diskImageFacts } from './disk-image.ts';
import { appImageFacts } from './linux/app-image.ts';
import { debFacts } from './linux/deb.ts';
import { msiFacts } from './windows/msi.ts';
import { windowsProgramFacts } from './windows/program.ts';

/** Facts for an artifact's `meta`; null is what the file does not say. */
export type ContentFacts = Readonly<Record<string, string | number | boolean | null>>;

const READERS: ReadonlyMap<string, (path: string) => Promise<ContentFacts>> = new Map([
  ['apk', (path) => androidFacts(path, 'apk')],
  ['aab', (path) => androidFacts(path, 'aab')],
  ['appimage', appImageFacts],
  ['deb', debFacts],
  ['dmg', diskImageFacts],
  ['exe', windowsProgramFacts],
  ['msi', msiFacts],
]);

/** The record takes no longer text. */
const MAX_TEXT = 500;

/**
 * The facts that a file tells, by its name's ending. `path` is a copy that nothing writes to any more. A file that is
 * not what its name says has no facts, and the log says so. `mask` hides secrets in a text.
 */
export async function factsOfContent(
  path: string,
  name: string,
  { mask, log }: { readonly mask: (text: string) => string; readonly log: (text: Text) => void },
): Promise<z.infer<typeof ArtifactMeta>> {
  const format = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  const reader = READERS.get(format);
  if (reader === undefined) return {};
  let facts: ContentFacts;
  try {
    facts = await reader(path);
  } catch (error) {
    // Any way in which a parser stumbles means the same: it is delivered as it is, without facts.
    const why = error instanceof Error ? error.message : String(error);
    log(say`${name} could not be parsed as ${format.toUpperCase()}: ${printable(why, MAX_TEXT)}`);
    return {};
  }
  const known = Object.entries(facts).filter(
    (fact): fact is [string, string | number | boolean] => fact[1] !== null,
  );
  return Object.fromEntries(
    known.map(([key, value]) => [key, typeof value === 'string' ? printable(mask(value), MAX_TEXT) : value]),
  );
}
