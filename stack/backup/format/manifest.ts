/** What a backup says of itself: its header, and the manifest of each snapshot in it. */
import { z } from 'zod';

/** The name of the header, the one object that is not encrypted. It holds nothing of the instance. */
export const HEADER = 'appflux-backup.json';
/** The name of the protected key. */
export const KEY = 'key.age';
export const PACKS = 'packs/';
export const SNAPSHOTS = 'snapshots/';

export const Header = z.strictObject({
  format: z.literal('appflux-backup'),
  /** Of the layout. A newer one is refused by name. */
  version: z.int().min(1),
  /** Tells backups apart, for the instance that keeps their keys. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
});
export type Header = z.infer<typeof Header>;

/** The layout that this program reads and writes. */
export const LAYOUT = 1;

/** The name of a snapshot: the second at which it was made, and some random digits. */
export const SnapshotId = z.string().regex(/^\d{8}T\d{6}Z-[0-9a-f]{6}$/, 'is not the name of a snapshot');

/** A relative path without a step up: whatever a manifest says, a restore stays in its folder. */
const Path = z
  .string()
  .min(1)
  .max(2_000)
  .refine(
    (path) =>
      !path.includes('\0') &&
      path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..'),
    'is not a path inside a folder',
  );

const FileEntry = z.strictObject({
  path: Path,
  kind: z.enum(['database', 'object', 'file']),
  size: z.int().nonnegative(),
  /** Positions in the manifest's list of chunks. */
  chunks: z.array(z.int().nonnegative()),
  /** By what an unchanged file is recognized at the next backup; absent where nothing can be concluded. */
  seen: z.string().optional(),
  /** Of an object in a bucket. */
  contentType: z.string().nullable().optional(),
});
export type FileEntry = z.infer<typeof FileEntry>;

const PackEntry = z.strictObject({
  /** SHA-256 of what is stored; also its name. */
  id: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int().positive(),
});

/** Its id, the position of its pack, where it begins there, how long it is there, and its own size. */
const ChunkEntry = z.tuple([
  z.string().regex(/^[0-9a-f]{40}$/),
  z.int().nonnegative(),
  z.int().nonnegative(),
  z.int().nonnegative(),
  z.int().nonnegative(),
]);
export type ChunkEntry = z.infer<typeof ChunkEntry>;

export const Manifest = z
  .strictObject({
    id: SnapshotId,
    /** The moment that the snapshot shows. */
    at: z.iso.datetime(),
    /** What it is of: an instance on one machine, or one that is deployed to Cloudflare. */
    source: z.enum(['local', 'cloudflare']),
    /** Whether the instance was running. */
    running: z.boolean(),
    /** For how long the instance was paused, in milliseconds. */
    pausedMs: z.number().nonnegative(),
    /** Objects that the instance has lost: named by its database, and not in storage. */
    missing: z.array(z.string()),
    files: z.array(FileEntry),
    packs: z.array(PackEntry),
    chunks: z.array(ChunkEntry),
  })
  .superRefine(({ files, packs, chunks }, context) => {
    const bad = (message: string) => context.addIssue({ code: 'custom', message });
    for (const [, pack, offset, stored] of chunks) {
      const size = packs[pack]?.size;
      if (size === undefined || offset + stored > size) return bad('a chunk lies outside its pack');
    }
    const paths = new Set<string>();
    for (const file of files) {
      let size = 0;
      for (const index of file.chunks) {
        const chunk = chunks[index];
        if (chunk === undefined) return bad(`${file.path} has a chunk that is not listed`);
        size += chunk[4];
      }
      if (size !== file.size) return bad(`${file.path} is not as large as its chunks`);
      if (paths.has(file.path)) return bad(`${file.path} is listed twice`);
      paths.add(file.path);
    }
  });
export type Manifest = z.infer<typeof Manifest>;

export const packName = (id: string): string => `${PACKS}${id}.age`;
export const snapshotName = (id: string): string => `${SNAPSHOTS}${id}.age`;

/** The id of the snapshot that an object's name names, or null. */
export function snapshotOf(name: string): string | null {
  const id = name.startsWith(SNAPSHOTS) && name.endsWith('.age') ? name.slice(SNAPSHOTS.length, -4) : '';
  return SnapshotId.safeParse(id).success ? id : null;
}
