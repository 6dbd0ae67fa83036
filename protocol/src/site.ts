/**
 * Published sites: what a runner sends to publish an output folder, and what the edge stores for each publication.
 *
 * A runner sends one *pack* per publication: an index, and the contents that the app's storage doesn't have yet, one
 * after the other. The edge continues the *manifest* of an earlier publication, the base, with that index. Storage is
 * billed by the request, so a thousand new files are one object, read by range. docs/sites.md describes the format.
 */
import { z } from 'zod';
import { ObjectId, Sha256 } from './ids.ts';
import { ServerSpec } from './server-site.ts';
import { SiteRules } from './site-rules.ts';
import { utf8Bytes } from './sizes.ts';

/** The content type of a pack in an `upload` frame. */
export const SITE_PACK_TYPE = 'application/vnd.appflux.site-pack';

/** In `accepts` of an attempt's `welcome`: this edge publishes sites, and answers the frame of this type. */
export const SITE_BASE = 'site_base';

/** How a refusal of a pack begins if its base is gone: the runner asks for another base and packs again. */
export const SITE_BASE_GONE = 'site base';

/** How many files a publication can have. */
export const MAX_SITE_FILES = 20_000;

/** How many packs the files of a publication can be in. */
export const MAX_SITE_PACKS = 100;

/** The longest path, in bytes of UTF-8. */
export const MAX_SITE_PATH_BYTES = 1024;

/** The largest index of a pack, and the largest manifest, as JSON before compression. */
export const MAX_SITE_JSON_BYTES = 16 * 1024 * 1024;

/** Segments that a URL or a file system would resolve or drop (RFC 3986 §5.2.4), and empty ones. */
const UNSAFE_SEGMENT = /(?:^|\/)\.{0,2}(?:\/|$)/;
const UNSAFE_CHARACTER = /[\p{Cc}\\]/u;

/** Whether a file with this path, relative to the site's top, can be published. */
export const isSitePath = (path: string): boolean =>
  path.isWellFormed() &&
  !UNSAFE_SEGMENT.test(path) &&
  !UNSAFE_CHARACTER.test(path) &&
  utf8Bytes(path) <= MAX_SITE_PATH_BYTES;

/**
 * The path of a file, relative to the site's top, as the file system has it: it is not normalized, because the URLs in
 * the pages aren't either.
 */
export const SitePath = z.string().refine(isSitePath, {
  message: `A path consists of names separated by "/", without "." and "..", backslashes and control characters, and has ${MAX_SITE_PATH_BYTES} bytes at most`,
});

const bytes = z.int().min(0);
const Crc32 = z.int().min(0).max(0xffff_ffff);

/** What a publication is for: web pages, or the update feed of an Expo app. */
export const SiteKind = z.enum(['site', 'expo']);
export type SiteKind = z.infer<typeof SiteKind>;

/** What the publisher adds for the reader of its kind; for `expo`, the contents of `metadata.json`. */
const SiteMeta = z.record(z.string().max(100), z.unknown());

/** A file whose content is in this pack. Offsets count from the end of the index. */
export const SiteAddition = z.strictObject({
  path: SitePath,
  /** Of the content itself. */
  size: bytes,
  sha256: Sha256,
  /** As in gzip and ZIP (RFC 1952 §8). */
  crc32: Crc32,
  offset: bytes,
  /** Bytes in the pack. */
  length: bytes,
  /**
   * `deflate` is raw DEFLATE (RFC 1951), which gzip and ZIP contain unchanged: a response with a header and trailer
   * around it is gzip (RFC 1952 §2.3).
   */
  method: z.enum(['stored', 'deflate']),
  /** The same content in Brotli (RFC 7932), if that is smaller. */
  br: z.strictObject({ offset: bytes, length: bytes }).nullable(),
});
export type SiteAddition = z.infer<typeof SiteAddition>;

/** The index of a pack: how the publication differs from its base. site-delta.ts applies it. */
export const SiteIndex = z.strictObject({
  version: z.literal(1),
  kind: SiteKind,
  /** The manifest that this index continues; `sha256` is that of its stored bytes. Null for a complete index. */
  base: z.strictObject({ deploymentId: ObjectId, sha256: Sha256 }).nullable(),
  /** New and changed files, and files of the base that are stored again. A path replaces that of the base. */
  add: z.array(SiteAddition).max(MAX_SITE_FILES),
  /** Files with the content of another: `from` is a path of `add`, otherwise of the base before any change. */
  copy: z.array(z.strictObject({ path: SitePath, from: SitePath })).max(MAX_SITE_FILES),
  /** Paths of the base that are gone. */
  remove: z.array(SitePath).max(MAX_SITE_FILES),
  /** Null: the rules of the base. */
  rules: SiteRules.nullable(),
  meta: SiteMeta.optional(),
  /** How the site's server is run; it is never that of the base. Only sent to an edge that accepts SERVER_SITES. */
  server: ServerSpec.optional(),
});
export type SiteIndex = z.infer<typeof SiteIndex>;

/** ZIP's numbers of compression methods (APPNOTE 4.4.5): 0 for `stored`, 8 for `deflate`. */
const Method = z.union([z.literal(0), z.literal(8)]);

/**
 * A file of a manifest, as a tuple: a site has thousands, and the names of members would be most of the text. Offsets
 * count from the beginning of the pack. Without Brotli, both of its numbers are 0. The SHA-256 is '' for a site that
 * an earlier version published as a ZIP.
 */
export const SiteEntry = z.tuple([
  /** path */ SitePath,
  /** size */ bytes,
  /** sha256 */ z.union([Sha256, z.literal('')]),
  /** crc32 */ Crc32,
  /** pack: index into `packs` */ bytes,
  /** offset */ bytes,
  /** length */ bytes,
  /** method */ Method,
  /** brOffset */ bytes,
  /** brLength */ bytes,
]);
export type SiteEntry = z.infer<typeof SiteEntry>;

/** What is stored for each publication, as JSON compressed with gzip. */
export const SiteManifest = z.strictObject({
  version: z.literal(1),
  kind: SiteKind,
  deploymentId: ObjectId,
  /** Objects in storage that contain the files. */
  packs: z.array(z.strictObject({ key: z.string().min(1).max(1024), size: bytes })).max(MAX_SITE_PACKS),
  /** Sorted by path, by UTF-16 code units. */
  files: z.array(SiteEntry).max(MAX_SITE_FILES),
  rules: SiteRules,
  meta: SiteMeta.optional(),
  /** Absent for a site without a server. */
  server: ServerSpec.optional(),
});
export type SiteManifest = z.infer<typeof SiteManifest>;

/** A tuple of a manifest with the names of its members. */
export interface SiteFile {
  readonly path: string;
  readonly size: number;
  /** '' for a site that an earlier version published as a ZIP. */
  readonly sha256: string;
  readonly crc32: number;
  /** The index of its pack. */
  readonly pack: number;
  readonly offset: number;
  readonly length: number;
  readonly method: 'stored' | 'deflate';
  readonly br: { readonly offset: number; readonly length: number } | null;
}

/** Names the members of a manifest's tuple. */
export function siteFile(entry: SiteEntry): SiteFile {
  const [path, size, sha256, crc32, pack, offset, length, method, brOffset, brLength] = entry;
  const br = brLength === 0 ? null : { offset: brOffset, length: brLength };
  return { path, size, sha256, crc32, pack, offset, length, method: method === 8 ? 'deflate' : 'stored', br };
}

/** The tuple for a manifest. */
export const siteEntry = (file: SiteFile): SiteEntry => [
  file.path,
  file.size,
  file.sha256,
  file.crc32,
  file.pack,
  file.offset,
  file.length,
  file.method === 'deflate' ? 8 : 0,
  file.br?.offset ?? 0,
  file.br?.length ?? 0,
];

/** What a deployment has published. */
export const DeploymentSite = z
  .strictObject({
    kind: z.enum(['static', 'server']),
    files: z.int().min(0),
    /** Of all contents, before compression. */
    bytes,
    /** Files whose content storage did not have yet. */
    newFiles: z.int().min(0),
    /** Their contents before compression, equal ones counted once. */
    newBytes: bytes,
  })
  .meta({ id: 'DeploymentSite' });
export type DeploymentSite = z.infer<typeof DeploymentSite>;
