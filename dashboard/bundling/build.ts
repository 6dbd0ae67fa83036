/**
 * `npm run build -w dashboard`: builds the dashboard in each language, and puts the builds together. They run at the same
 * time where the machine has more than one core.
 */
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_LANGUAGE, isLanguage, LANGUAGES, type Language } from '@appflux/protocol/languages';
import { readCatalog } from '../translating/catalog.ts';
import { noteOf, translateFrame } from '../translating/frame.ts';
import { addLanguage, foldersOf } from './languages.ts';

const DASHBOARD = fileURLToPath(new URL('../', import.meta.url));
const VITE = fileURLToPath(new URL('bin/vite.js', import.meta.resolve('vite/package.json')));

/** The time of the build, which tells an open page that there is a newer one. */
const VERSION = String(Date.now());

/** Builds one language. @throws Error if it can't be built; Vite has printed why */
async function build(language: Language): Promise<void> {
  const vite = spawn(process.execPath, [VITE, 'build'], {
    cwd: DASHBOARD,
    env: { ...process.env, DASHBOARD_LANGUAGE: language, DASHBOARD_VERSION: VERSION },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const code = await new Promise((resolve, reject) => vite.once('error', reject).once('exit', resolve));
  if (code !== 0) throw new Error(`The dashboard couldn’t be built (${LANGUAGES[language]}).`);
}

/** Adds the build of a language to the English one. */
async function add(language: Language): Promise<void> {
  const forTests = process.env.DASHBOARD_BUILD === 'test';
  const [into, from] = [DEFAULT_LANGUAGE, language].map((each) =>
    join(DASHBOARD, foldersOf(each, forTests).pages),
  ) as [string, string];
  const page = await readFile(join(from, 'index.html'), 'utf8');
  const note = noteOf(page);
  const [translation = note] = (await readCatalog(DASHBOARD, language)).get(note) ?? [];
  await addLanguage(into, from, language, translateFrame(page, language, translation));
  await rm(from, { recursive: true });
}

const languages = Object.keys(LANGUAGES).filter(isLanguage);
try {
  if (availableParallelism() > 1) await Promise.all(languages.map(build));
  else for (const language of languages) await build(language);
  for (const language of languages.filter((each) => each !== DEFAULT_LANGUAGE)) await add(language);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
