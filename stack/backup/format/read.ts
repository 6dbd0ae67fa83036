/** Reads a snapshot: each pack once, each chunk checked, and written to every place where it belongs. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../../problem.ts';
import type { FileEntry, Manifest } from './manifest.ts';
import { packName } from './manifest.ts';
import { damaged, type Repository, unpackChunk } from './repository.ts';

/** Calls `take` with each chunk that is wanted, pack by pack. @throws StackProblem `backup_damaged` */
export async function readChunks(
  repository: Repository,
  manifest: Manifest,
  wanted: ReadonlySet<number>,
  take: (index: number, chunk: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const byPack = new Map<number, number[]>();
  for (const index of wanted) {
    const pack = manifest.chunks[index]?.[1] ?? -1;
    const indexes = byPack.get(pack);
    if (indexes === undefined) byPack.set(pack, [index]);
    else indexes.push(index);
  }
  for (const [position, indexes] of byPack) {
    const pack = manifest.packs[position];
    if (pack === undefined) throw new Error('A manifest is checked when it is read');
    const content = await repository.pack(pack);
    for (const index of indexes) {
      const [id, , offset, stored, size] = manifest.chunks[index] ?? ['', 0, 0, 0, 0];
      let chunk: Uint8Array;
      try {
        chunk = await unpackChunk(content.subarray(offset, offset + stored), size);
      } catch (error) {
        throw damaged(packName(pack.id), messageOf(error), error);
      }
      if (repository.key.idOf(chunk) !== id) throw damaged(packName(pack.id), 'a chunk has changed');
      await take(index, chunk);
    }
  }
}

/** The content of a small text file of a snapshot. @throws StackProblem `backup_damaged` */
export async function readText(repository: Repository, manifest: Manifest, file: FileEntry): Promise<string> {
  const parts = new Map<number, Uint8Array>();
  await readChunks(
    repository,
    manifest,
    new Set(file.chunks),
    (index, chunk) => void parts.set(index, chunk),
  );
  return Buffer.concat(file.chunks.map((index) => parts.get(index) ?? Buffer.alloc(0))).toString('utf8');
}

/** Writes files of a snapshot below a folder. `onBytes` gets the number of bytes of each write. */
export async function writeFiles(
  repository: Repository,
  manifest: Manifest,
  files: readonly FileEntry[],
  folder: string,
  onBytes: (bytes: number) => void = () => undefined,
): Promise<void> {
  const places = new Map<number, { path: string; at: number }[]>();
  for (const file of files) {
    const path = join(folder, file.path);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const handle = await open(path, 'wx', 0o600);
    await handle.truncate(file.size);
    await handle.close();
    let at = 0;
    for (const index of file.chunks) {
      const size = manifest.chunks[index]?.[4] ?? 0;
      const known = places.get(index);
      if (known === undefined) places.set(index, [{ path, at }]);
      else known.push({ path, at });
      at += size;
    }
  }
  await readChunks(repository, manifest, new Set(places.keys()), (index, chunk) => {
    for (const { path, at } of places.get(index) ?? []) {
      const file = openSync(path, 'r+');
      try {
        for (let done = 0; done < chunk.length; ) {
          done += writeSync(file, chunk, done, chunk.length - done, at + done);
        }
      } finally {
        closeSync(file);
      }
      onBytes(chunk.length);
    }
  });
}
