/** Where the build of each language is, and how they become one. */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DEFAULT_LANGUAGE, type Language } from '@appflux/protocol/languages';

/**
 * The folders of a build: of its pages, and of what SvelteKit generates; relative to the dashboard. Tests build into
 * their own, so that the files of a running instance don't change.
 */
export function foldersOf(language: Language, forTests: boolean): { pages: string; outDir: string } {
  const kit = forTests ? '.svelte-kit/test/kit' : '.svelte-kit';
  if (language === DEFAULT_LANGUAGE) {
    return { pages: forTests ? '.svelte-kit/test/site' : 'build', outDir: kit };
  }
  return { pages: `${kit}/languages/${language}/site`, outDir: `${kit}/languages/${language}` };
}

/** The page of a language in the common folder. */
export const pageOf = (language: Language): string =>
  language === DEFAULT_LANGUAGE ? 'index.html' : `index.${language}.html`;

/** The build's files whose names are made from their content. */
const HASHED = /(?:^|\/)immutable\//;

/**
 * Adds the build of another language to the common folder: its page, and the files that only it has. Files with hashed
 * names are the same in all languages where they have no text.
 * @throws Error if two files of one hashed name differ
 */
export async function addLanguage(
  into: string,
  from: string,
  language: Language,
  page: string,
): Promise<void> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const source = join(entry.parentPath, entry.name);
    const name = source.slice(from.length + 1);
    if (!HASHED.test(name)) continue;
    const target = join(into, name);
    const known = await contentOf(target);
    if (known !== null && !known.equals(await readFile(source))) {
      throw new Error(`${name} differs between the languages of the dashboard, although its name is a hash.`);
    }
    if (known !== null) continue;
    await mkdir(dirname(target), { recursive: true });
    await cp(source, target);
  }
  await writeFile(join(into, pageOf(language)), page);
}

/** A file's content; null if there is no such file. */
async function contentOf(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
