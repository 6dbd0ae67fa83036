/** A folder of small text files, as a site has them. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const TEXT = /\.(?:ts|mjs|svelte|css|svg|html|json|md)$/;
const MAX_BYTES = 100_000;

/**
 * Copies the first files of this repository, as real text as a benchmark can have, and an `index.html`. Returns their
 * paths in the folder and their size in total.
 */
export async function makeFolder(folder: string, count: number): Promise<{ paths: string[]; bytes: number }> {
  const listed = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0');
  const paths = ['index.html'];
  const names = new Set(paths);
  let bytes = 0;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Bench</title>');
  for (const path of listed.filter(
    (one) => TEXT.test(one) && !one.split('/').some((part) => part.startsWith('.')),
  )) {
    if (paths.length === count) break;
    const { size } = await stat(join(ROOT, path));
    if (size === 0 || size > MAX_BYTES) continue;
    // By its name, TypeScript would be taken for video.
    const name = path.replace(/\.(?:ts|mjs|svelte)$/, '.js');
    if (names.has(name)) continue;
    names.add(name);
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await copyFile(join(ROOT, path), join(folder, name));
    paths.push(name);
    bytes += size;
  }
  if (paths.length < count) throw new Error(`this repository has ${paths.length} files to publish`);
  return { paths, bytes };
}

/** Changes files, spread over the folder. Returns the size of what they are now. */
export async function changeFiles(folder: string, paths: readonly string[], count: number): Promise<number> {
  let bytes = 0;
  for (let at = 0; at < count; at += 1) {
    const path = join(folder, paths[Math.floor((paths.length / count) * (at + 0.5))] ?? 'index.html');
    const text = `${await readFile(path, 'utf8')}\n${randomBytes(20).toString('hex')}\n`;
    await writeFile(path, text);
    bytes += Buffer.byteLength(text);
  }
  return bytes;
}
