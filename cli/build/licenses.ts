/** The licenses of the packages that a bundle contains: most of them ask for their text in every copy. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const Manifest = z.object({ name: z.string(), version: z.string(), license: z.string().optional() });

/** The folder of the package that a file belongs to; null for a file of this checkout. */
export function packageFolder(file: string): string | null {
  const marker = 'node_modules/';
  const start = file.lastIndexOf(marker);
  if (start === -1) return null;
  const [first = '', second = ''] = file.slice(start + marker.length).split('/');
  return file.slice(0, start + marker.length) + (first.startsWith('@') ? `${first}/${second}` : first);
}

/** The text of all licenses, by the files that were bundled, named by their paths from `folder`. */
export async function bundledLicenses(files: readonly string[], folder: string): Promise<string> {
  const folders = new Set(files.map(packageFolder).filter((each) => each !== null));
  const sections = await Promise.all([...folders].map((each) => licenseOf(join(folder, each))));
  return `appflux contains these packages:\n\n${sections.sort().join('\n')}`;
}

async function licenseOf(folder: string): Promise<string> {
  const manifest = Manifest.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
  const file = (await readdir(folder)).find((name) => /^licen[cs]e(?:\.(?:md|txt))?$/i.test(name));
  const text = file === undefined ? '' : `${(await readFile(join(folder, file), 'utf8')).trim()}\n`;
  return `${manifest.name} ${manifest.version} (${manifest.license ?? 'see its text'})\n${text}`;
}
