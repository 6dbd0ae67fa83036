/** The files of an app's icon, as an APK or an app bundle has them. */
import { buffer } from 'node:stream/consumers';
import { openPromise, type ZipFile } from 'yauzl';
import { MalformedFile } from '../malformed.ts';
import { ENTRIES, MOST_ENTRIES, readEntries } from './apk.ts';
import { bundleTexts, readBundleManifest } from './bundle-manifest.ts';
import { readManifest } from './manifest.ts';
import { resolveAll } from './resource-table.ts';

/** A picture of more bytes would be too large on a page. */
const LARGEST_PICTURE = 64 * 1024;
/** Densities times kinds of icons. */
const MOST_PICTURES = 16;
const PICTURE = /\.(?:png|webp)$/i;

/** The pictures that the icon consists of, for the finest screens first; none for an icon that is drawn by Android. */
export async function androidPictures(path: string, format: 'apk' | 'aab'): Promise<Buffer[]> {
  const { manifest, table } = ENTRIES[format];
  const { files } = await readEntries(path, [manifest, table]);
  const [said, resources] = [files.get(manifest.name), files.get(table.name)];
  if (said === undefined || resources === undefined) return [];
  const texts =
    format === 'apk' ? ofApk(said, resources) : bundleTexts(resources, readBundleManifest(said).icon);
  const names = texts
    .filter(({ text }) => PICTURE.test(text))
    .toSorted((a, b) => b.density - a.density)
    .map(({ text }) => (format === 'apk' ? text : `base/${text}`));
  return entriesOf(path, [...new Set(names)].slice(0, MOST_PICTURES));
}

function ofApk(manifest: Buffer, table: Buffer): { text: string; density: number }[] {
  const { icon } = readManifest(manifest);
  return icon === null ? [] : resolveAll(table, icon);
}

/** The entries of these names that are small enough, in their order. */
async function entriesOf(path: string, names: readonly string[]): Promise<Buffer[]> {
  if (names.length === 0) return [];
  const zip: ZipFile = await openPromise(path);
  const found = new Map<string, Buffer>();
  let count = 0;
  for await (const entry of zip.eachEntry()) {
    count += 1;
    if (count > MOST_ENTRIES) throw new MalformedFile(`more than ${MOST_ENTRIES} files`);
    if (!names.includes(entry.fileName) || entry.uncompressedSize > LARGEST_PICTURE) continue;
    found.set(entry.fileName, await buffer(await zip.openReadStreamPromise(entry)));
  }
  return names.flatMap((name) => found.get(name) ?? []);
}
