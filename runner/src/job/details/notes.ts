/** Release notes of a version: what its annotated tag says, else its section of the change log. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_NOTES_LENGTH } from '@appflux/protocol';
import { readText } from '../../read-text.ts';
import type { FoundDetails } from '../../step-context.ts';
import { CHANGELOG_NAMES, changelogSection } from './changelog.ts';

/** A change log of many years is larger than others; its newest part comes first. */
const CHANGELOG_BYTES = 2 * 1024 * 1024;

export interface NotesInput {
  /** The root directory, and the source's top; a change log is looked for in both, in this order. */
  readonly folders: readonly string[];
  readonly version: string | null;
  /** The message of the commit's annotated tag; null if it has none. */
  readonly tagMessage: string | null;
}

/** Call it before the build, which could put anything in the place of the change log. */
export async function readNotes({
  folders,
  version,
  tagMessage,
}: NotesInput): Promise<FoundDetails['notes']> {
  const tag = tagMessage === null ? null : notesOfTag(tagMessage);
  if (tag !== null) return { text: cut(tag), source: 'tag' };
  if (version === null) return null;
  for (const folder of new Set(folders)) {
    const changelog = await changelogIn(folder);
    const section = changelog === null ? null : changelogSection(changelog, version);
    if (section !== null) return { text: cut(section), source: 'changelog' };
  }
  return null;
}

/** What a tag's message says besides its own name: `v1.2.0` or `Release 1.2.0` alone tells nobody anything. */
function notesOfTag(message: string): string | null {
  const text = message.trim();
  const isName = /^(?:(?:release|version|tag)\s*:?\s*)?v?\d[\w.+-]*$/i;
  const [first = '', ...rest] = text.split('\n');
  const notes = isName.test(first.trim()) ? rest.join('\n').trim() : text;
  return notes === '' ? null : notes;
}

/** The text of a folder's change log; null if there is none. */
async function changelogIn(folder: string): Promise<string | null> {
  const names = await readdir(folder);
  for (const wanted of CHANGELOG_NAMES) {
    const name = names.find((one) => one.toLowerCase() === wanted.toLowerCase());
    if (name === undefined) continue;
    const text = await readText(join(folder, name), { maxBytes: CHANGELOG_BYTES, name, headOnly: true });
    if (text !== null) return text;
  }
  return null;
}

/** Notes as long as a record takes them, cut at the end of a line. */
function cut(text: string): string {
  if (text.length <= MAX_NOTES_LENGTH) return text;
  const head = text.slice(0, MAX_NOTES_LENGTH - 2).toWellFormed();
  return `${head.slice(0, Math.max(head.lastIndexOf('\n'), 1))}\n…`;
}
