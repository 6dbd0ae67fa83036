/** Sources as ZIPs, and reading a build's ZIP. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fromBuffer } from 'yauzl';
import { ZipFile } from 'yazl';

/** The projects in e2e/fixtures. */
export type Fixture =
  | 'vite-react'
  | 'sveltekit-static'
  | 'astro'
  | 'next-export'
  | 'turborepo'
  | 'pwa'
  | 'eleventy'
  | 'hugo'
  | 'jekyll'
  | 'mkdocs'
  | 'plain-html'
  | 'android-gradle'
  | 'flutter-linux'
  | 'desktop-packages'
  | 'tauri'
  | ServerFixture;

/** Those with a server. */
export type ServerFixture = `servers/${string}`;

/** The folder of a fixture. */
export const fixtureFolder = (fixture: Fixture): string =>
  join(import.meta.dirname, '..', 'fixtures', fixture);

/** The mode of a symbolic link, as `zip -y` stores it (inode(7)). */
const LINK_MODE = 0o120777;

/** A ZIP of these files: their text by name. `links` has the targets of symbolic links by their names. */
export function zipOf(
  files: Readonly<Record<string, string | Buffer>>,
  links: Readonly<Record<string, string>> = {},
): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content as string), name);
  for (const [name, target] of Object.entries(links))
    zip.addBuffer(Buffer.from(target), name, { mode: LINK_MODE });
  zip.end();
  return buffer(zip.outputStream);
}

/** The files of a folder, by their path in it with forward slashes. */
export async function filesIn(folder: string): Promise<Record<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: Record<string, Buffer> = {};
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    files[relative(folder, path).split(sep).join('/')] = await readFile(path);
  }
  return files;
}

/** A ZIP of a fixture and more files. */
export const fixtureZip = async (
  fixture: Fixture,
  more: Readonly<Record<string, Buffer>> = {},
): Promise<Buffer> => zipOf({ ...(await filesIn(fixtureFolder(fixture))), ...more });

/** The files in a ZIP, by name. */
export async function unzip(bytes: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const zip = await new Promise<import('yauzl').ZipFile>((resolve, reject) =>
    fromBuffer(bytes, { lazyEntries: true }, (error, opened) => (error ? reject(error) : resolve(opened))),
  );
  await new Promise<void>((resolve, reject) => {
    zip.once('end', resolve).once('error', reject);
    zip.on('entry', (entry) => {
      if (entry.fileName.endsWith('/')) {
        zip.readEntry();
        return;
      }
      zip.openReadStream(entry, (error, stream) => {
        if (error) return reject(error);
        buffer(stream).then((content) => {
          files.set(entry.fileName, content);
          zip.readEntry();
        }, reject);
      });
    });
    zip.readEntry();
  });
  return files;
}
