/** Which modules have text that is translated, and all of their texts. */
import { glob, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Found } from './catalog.ts';
import { noteOf } from './frame.ts';
import { type Forms, keyOf } from './message.ts';
import { translateModule } from './translate.ts';

/** The dashboard's folder. */
export const DASHBOARD: string = fileURLToPath(new URL('../', import.meta.url));

const MODULES = 'src/{lib,routes}/**/*.{svelte,ts}';

/** Text for developers: what a response is checked with. */
const WITHOUT_TEXT = /\.(?:test|d)\.ts$|\/trusted-schemas\.ts$|\/language\/languages?\.ts$/;

/** Of the protocol, what pages say about a field that is filled in wrongly. */
const PROTOCOL = [
  'app-source',
  'app',
  'device',
  'ids',
  'repo-key',
  'runner',
  'source-access',
  'source-credential',
  'trigger',
  'variable-name',
].map((name) => `../protocol/src/${name}.ts`);

/** Whether the text of a module is translated. @param id its absolute path */
export function hasText(id: string): boolean {
  const path = relative(DASHBOARD, id).split(sep).join('/');
  return (
    PROTOCOL.includes(path) ||
    (/^src\/(?:lib|routes)\/.*\.(?:svelte|ts)$/.test(path) && !WITHOUT_TEXT.test(path))
  );
}

/** All texts of the sources, in the order of their files. */
export async function readTexts(): Promise<readonly Found[]> {
  const paths = [...PROTOCOL];
  for await (const path of glob(MODULES, { cwd: DASHBOARD })) paths.push(path);
  const texts = new Map<string, { forms: Forms; files: Set<string> }>();
  const add = (file: string, forms: Forms) => {
    const known = texts.get(keyOf(forms));
    if (known === undefined) texts.set(keyOf(forms), { forms, files: new Set([file]) });
    else known.files.add(file);
    return null;
  };
  add('src/app.html', [noteOf(await readFile(join(DASHBOARD, 'src/app.html'), 'utf8'))]);
  for (const path of paths.toSorted()) {
    if (!hasText(join(DASHBOARD, path))) continue;
    translateModule(path, await readFile(join(DASHBOARD, path), 'utf8'), (forms) => add(path, forms));
  }
  return [...texts.values()].map(({ forms, files }) => ({ forms, files: [...files] }));
}
