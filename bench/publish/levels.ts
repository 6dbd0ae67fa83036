/** How much each level of compression saves, and how long it takes on one core. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, deflateRawSync, constants as zlib } from 'node:zlib';
import { round } from '../report.ts';

const brotli = (quality: number) => (content: Buffer) =>
  brotliCompressSync(content, {
    params: { [zlib.BROTLI_PARAM_QUALITY]: quality, [zlib.BROTLI_PARAM_SIZE_HINT]: content.length },
  });

const LEVELS: readonly [string, (content: Buffer) => Buffer][] = [
  ['DEFLATE 6', (content) => deflateRawSync(content, { level: 6 })],
  ['DEFLATE 9', (content) => deflateRawSync(content, { level: 9 })],
  ...[5, 8, 9, 10, 11].map((quality): [string, (content: Buffer) => Buffer] => [
    `Brotli ${quality}`,
    brotli(quality),
  ]),
];

/** A row per level: its name, the size in percent of the files, and megabytes a second. */
export async function compressionLevels(
  folder: string,
  paths: readonly string[],
): Promise<(string | number)[][]> {
  const contents = await Promise.all(paths.map((path) => readFile(join(folder, path))));
  const bytes = contents.reduce((sum, { length }) => sum + length, 0);
  return LEVELS.map(([name, compress]) => {
    const startedAt = performance.now();
    const compressed = contents.reduce((sum, content) => sum + compress(content).length, 0);
    const seconds = (performance.now() - startedAt) / 1000;
    return [name, round((100 * compressed) / bytes), round(bytes / 1e6 / seconds)];
  });
}
