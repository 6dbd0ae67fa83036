/** Verifies a backup: every chunk of every snapshot by its hash, and every database of the newest by SQLite. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isObjectList, objectFiles, settleDatabase } from './capture/databases.ts';
import type { Manifest } from './format/manifest.ts';
import { readChunks, writeFiles } from './format/read.ts';
import { damaged, type Repository } from './format/repository.ts';
import { isCutOff } from './store/open.ts';

export interface Verified {
  readonly snapshots: readonly { id: string; at: string; bytes: number; missing: readonly string[] }[];
  readonly chunks: number;
  readonly databases: number;
  /** Whether the file ends within an archive: a copy that broke off, or a backup that did. */
  readonly cutOff: boolean;
}

/** Reads all of a backup. @throws StackProblem `backup_damaged` at the first thing that is not as it was written */
export async function verifyBackup(
  repository: Repository,
  detail: (text: string) => void = () => undefined,
): Promise<Verified> {
  const ids = await repository.snapshots();
  if (ids.length === 0) throw damaged(repository.store.name, 'it has no snapshot');
  const snapshots: Verified['snapshots'][number][] = [];
  const verified = new Set<string>();
  let newest: Manifest | null = null;
  for (const id of ids) {
    const manifest = await repository.manifest(id);
    const unread = new Set<number>();
    for (const [index, [chunk, pack]] of manifest.chunks.entries()) {
      if (!verified.has(`${manifest.packs[pack]?.id} ${chunk}`)) unread.add(index);
    }
    await readChunks(repository, manifest, unread, (index) => {
      const [chunk, pack] = manifest.chunks[index] ?? ['', 0];
      verified.add(`${manifest.packs[pack]?.id} ${chunk}`);
      if (verified.size % 100 === 0) detail(`${verified.size} chunks`);
    });
    const bytes = manifest.files.reduce((sum, { size }) => sum + size, 0);
    snapshots.push({ id, at: manifest.at, bytes, missing: manifest.missing });
    newest = manifest;
  }
  const databases = newest === null ? 0 : await verifyDatabases(repository, newest, detail);
  return { snapshots, chunks: verified.size, databases, cutOff: await isCutOff(repository.store) };
}

async function verifyDatabases(
  repository: Repository,
  manifest: Manifest,
  detail: (text: string) => void,
): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'appflux-verify-'));
  try {
    const databases = manifest.files.filter(({ kind }) => kind === 'database');
    await writeFiles(repository, manifest, databases, folder);
    checkDatabases(manifest, folder, detail);
    return databases.length;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Opens every database of a snapshot, whose files lie in `folder`. @throws StackProblem `backup_damaged` */
export function checkDatabases(
  manifest: Manifest,
  folder: string,
  detail: (text: string) => void = () => undefined,
): void {
  const objects = new Set(
    manifest.files.filter(({ kind }) => kind === 'object').map(({ path }) => basename(path)),
  );
  const missing = new Set(manifest.missing);
  for (const { path, kind } of manifest.files) {
    if (kind !== 'database') continue;
    detail(`opening ${basename(path)}`);
    const wrong = settleDatabase(join(folder, path));
    if (wrong !== null) throw damaged(path, wrong.slice(0, 200));
    if (!isObjectList(path)) continue;
    for (const [file, key] of objectFiles(join(folder, path))) {
      if (!objects.has(file) && !missing.has(key))
        throw damaged(path, `it has no bytes of the object ${key}`);
    }
  }
}
