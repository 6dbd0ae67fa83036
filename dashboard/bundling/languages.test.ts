// @vitest-environment node
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noteOf, translateFrame } from '../translating/frame.ts';
import { DASHBOARD } from '../translating/sources.ts';
import { addLanguage, foldersOf, pageOf } from './languages.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'appflux-languages-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

test('a language adds its page and the files that only it has', async () => {
  await put({
    'en/index.html': 'English',
    'en/theme.js': 'theme',
    'en/_appflux/version.json': 'of English',
    'en/_appflux/immutable/same.js': 'same',
    'de/index.html': 'not translated',
    'de/theme.js': 'theme of German',
    'de/_appflux/version.json': 'of German',
    'de/_appflux/immutable/same.js': 'same',
    'de/_appflux/immutable/chunks/own.js': 'own',
  });
  await addLanguage(join(folder, 'en'), join(folder, 'de'), 'de', 'Deutsch');
  const read = (name: string) => readFile(join(folder, 'en', name), 'utf8');
  expect((await readdir(join(folder, 'en'))).sort()).toEqual([
    '_appflux',
    'index.de.html',
    'index.html',
    'theme.js',
  ]);
  expect(await read('index.html')).toBe('English');
  expect(await read('index.de.html')).toBe('Deutsch');
  expect(await read('theme.js')).toBe('theme');
  expect(await read('_appflux/version.json')).toBe('of English');
  expect(await read('_appflux/immutable/chunks/own.js')).toBe('own');
});

test('two files of one hashed name that differ are an error', async () => {
  await put({ 'en/immutable/a.js': 'one', 'de/immutable/a.js': 'other' });
  await expect(addLanguage(join(folder, 'en'), join(folder, 'de'), 'de', 'x')).rejects.toThrow(
    'immutable/a.js differs',
  );
});

test('no two builds share a folder', () => {
  const all = [false, true].flatMap((forTests) =>
    (['en', 'de'] as const).flatMap((language) => Object.values(foldersOf(language, forTests))),
  );
  expect(new Set(all).size).toBe(all.length);
  expect(pageOf('en')).toBe('index.html');
});

test('the first frame has the language and says in it what it needs', async () => {
  const page = await readFile(join(DASHBOARD, 'src/app.html'), 'utf8');
  const german = translateFrame(page, 'de', 'Braucht <JavaScript>');
  expect(german).toContain('<html lang="de">');
  expect(noteOf(german)).toBe('Braucht &lt;JavaScript>');
  expect(german.replace('lang="de"', 'lang="en"').replace(noteOf(german), noteOf(page))).toBe(page);
  expect(() => translateFrame('<html><noscript>a</noscript></html>', 'de', 'b')).toThrow('language');
  expect(() => noteOf('<html lang="en">')).toThrow('noscript');
});
