/** The translations of a language: `locales/<language>.po`, a format that tools of translators know. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import PO from 'pofile';
import { type Forms, keyOf } from './message.ts';

/** Translations by the keys of their texts. */
export type Catalog = ReadonlyMap<string, readonly string[]>;

/** A text of the sources, and the files that have it. */
export interface Found {
  readonly forms: Forms;
  readonly files: readonly string[];
}

const HEADERS = {
  Language: '',
  'MIME-Version': '1.0',
  'Content-Type': 'text/plain; charset=utf-8',
  'Content-Transfer-Encoding': '8bit',
  'Plural-Forms': 'nplurals=2; plural=n != 1;',
};

const fileOf = (root: string, language: string): string => join(root, 'locales', `${language}.po`);

/**
 * The translations of a language by the keys of their texts. Texts without a translation are left out.
 * @param root the dashboard's folder
 */
export async function readCatalog(root: string, language: string): Promise<Catalog> {
  const { items } = PO.parse(await readFile(fileOf(root, language), 'utf8'));
  return new Map(
    items
      .filter(({ msgstr }) => msgstr.length > 0 && msgstr.every((text) => text !== ''))
      .map(({ msgid, msgid_plural, msgstr }) => [
        keyOf(msgid_plural ? [msgid, msgid_plural] : [msgid]),
        msgstr,
      ]),
  );
}

/** Writes the translations of a language for these texts, in their order. New texts get an empty translation. */
export async function writeCatalog(
  root: string,
  language: string,
  texts: readonly Found[],
  translations: Catalog,
): Promise<void> {
  const po = new PO();
  po.headers = { ...HEADERS, Language: language };
  po.items = texts.map(({ forms, files }) => {
    const item = new PO.Item();
    const [msgid, plural] = forms;
    item.msgid = msgid;
    if (plural !== undefined) item.msgid_plural = plural;
    item.msgstr = [...(translations.get(keyOf(forms)) ?? forms.map(() => ''))];
    item.references = [...files];
    return item;
  });
  await writeFile(fileOf(root, language), `${po.toString().trimEnd()}\n`);
}
