/** An attempt's uploads as they are remembered, and the artifacts that they become. */
import { MAX_ARTIFACTS, MAX_ARTIFACTS_RECORD_BYTES, utf8Bytes } from '@appflux/protocol';
import type { ArtifactRecord } from '../metadata/metadata.ts';
import type { PublishedSite } from '../sites/packs/publish-pack.ts';

/** A row of the uploads. */
export type Row = {
  name: string;
  attempt: number;
  /** Where its bytes are PUT. */
  key: string;
  size: number;
  sha256: string;
  content_type: string;
  meta: string;
  multipart_id: string | null;
  done: number;
  /** Where the bytes are kept that were checked, and their ETag; null while it is not done, and for version 0.1.0. */
  kept_key: string | null;
  kept_etag: string | null;
  /** Of a pack of a site: what it was published as, a PublishedSite as JSON. */
  published: string | null;
};

/** Why a deployment cannot deliver what its build made, whatever the runner tries next: it fails. */
export class DeliveryInvalid extends Error {
  override readonly name = 'DeliveryInvalid';
  /** What to do about it. */
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** Throws DeliveryInvalid when these are more artifacts, or say more of themselves, than a record holds. */
export function requireRecordable(artifacts: readonly ArtifactRecord[]): void {
  if (artifacts.length > MAX_ARTIFACTS) throw tooManyArtifacts();
  // ETags are storage's, not the build's: those of MAX_ARTIFACTS add a few KB.
  const announced = artifacts.map(({ etag: _, ...artifact }) => artifact);
  if (utf8Bytes(JSON.stringify(announced)) <= MAX_ARTIFACTS_RECORD_BYTES) return;
  throw new DeliveryInvalid(
    `The artifacts' names and metadata exceed ${MAX_ARTIFACTS_RECORD_BYTES / 1e6} MB`,
    'Deliver fewer files, or use shorter names. A folder in `outputs` becomes one ZIP.',
  );
}

/** The build made more artifacts than a deployment delivers. */
export const tooManyArtifacts = () =>
  new DeliveryInvalid(
    `The build produced more than ${MAX_ARTIFACTS} artifacts`,
    'Set `outputs` to fewer files, or to a folder, which becomes one ZIP.',
  );

/** What a pack was published as; null for other uploads, and before it is. */
export const publishedOf = (row: Row | undefined): PublishedSite | null =>
  row?.published ? JSON.parse(row.published) : null;

/** The artifact of a row; a pack that was published is the ZIP of its site. */
export function toRecord(row: Row): ArtifactRecord {
  const named = { name: row.name, meta: JSON.parse(row.meta) };
  const published = publishedOf(row);
  if (published !== null) {
    const { key, size, sha256, manifestSha256 } = published;
    return { ...named, key, size, sha256, contentType: 'application/zip', manifestSha256 };
  }
  return {
    ...named,
    key: row.kept_key ?? row.key,
    size: row.size,
    sha256: row.sha256,
    contentType: row.content_type,
    ...(row.kept_etag === null ? {} : { etag: row.kept_etag }),
  };
}
