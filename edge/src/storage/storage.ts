/**
 * The contract of storage: where artifacts, sources and archived logs lie. Two backends: `r2.ts` by the
 * Worker's binding, `s3.ts` by the S3 API of any server. What comes from outside the Worker enters by
 * presigned S3 requests (`Presigner`), in both.
 */
import type { PartGrant, UploadedPart } from '@appflux/protocol';

export interface StoredObject {
  key: string;
  size: number;
  /** Without quotes. */
  etag: string;
  contentType: string | null;
}

/**
 * Bytes `offset` to `offset + length - 1`: at least one. The first has to be inside the object; of a range that goes
 * past its end, the bytes up to the end are read.
 */
export interface ByteRange {
  offset: number;
  length: number;
}

/** The smallest part that S3 servers accept before the last one, in bytes. */
export const MIN_PART_BYTES = 5 * 1024 * 1024;

/** An object that is written in parts. It appears, or replaces the one before, when it is completed. */
export interface PartsWriter {
  /**
   * Writes part `number` (from 1), in any order. All parts but the last have the same size, which is at least
   * MIN_PART_BYTES: R2 requires both.
   */
  put(number: number, bytes: Uint8Array): Promise<void>;
  /** Joins the parts. */
  complete(): Promise<void>;
  /** Drops what was written. Call it when the object will not be completed. */
  abort(): Promise<void>;
}

export interface ObjectStore {
  /** Resolves when the backend answers and the bucket is there. */
  ping(): Promise<void>;
  /** Null when there is no such object. */
  head(key: string): Promise<StoredObject | null>;
  get(key: string, range?: ByteRange): Promise<(StoredObject & { body: ReadableStream<Uint8Array> }) | null>;
  put(key: string, body: ArrayBuffer | Uint8Array | string, contentType: string): Promise<void>;
  /**
   * Copies the object `from`, of less than MULTIPART_FROM_BYTES, to `to`, if it has this size and SHA-256 (hex). No other
   * bytes are written to `to` at any moment. Gives the copy, or why there is none.
   */
  copyChecked(
    from: string,
    to: string,
    expected: { size: number; sha256: string },
  ): Promise<StoredObject | 'missing' | 'different'>;
  /** Begins an object that is too large to be held in memory. */
  putParts(key: string, contentType: string): Promise<PartsWriter>;
  /** Deleting what is not there is no error. */
  delete(keys: string[]): Promise<void>;
  /** Keys below a prefix, at most 1,000, after `cursor`. */
  list(prefix: string, cursor?: string): Promise<{ keys: string[]; cursor: string | null }>;
  /** The same with the sizes of the objects, in bytes. */
  listSizes(prefix: string, cursor?: string): Promise<ListedSizes>;
}

export interface ListedSizes {
  objects: { key: string; size: number }[];
  cursor: string | null;
}

/** What to PUT where; part N holds the bytes from `(N-1) * partSize`. */
export interface UploadPlan {
  /** The key that the bytes are PUT under: what `resume`, `complete`, `abort` and `settleUpload` need. */
  key: string;
  /** The S3 multipart upload, or null when one PUT holds it all. */
  multipartId: string | null;
  partSize: number;
  parts: PartGrant[];
}

/** Presigns requests with which browsers and runners reach storage past the Worker. */
export interface Presigner {
  /**
   * Presigns the PUTs for an object of `size` bytes that is to be kept under `key`; multipart from 16 MB on. See
   * `settle.ts` for how it ends.
   */
  begin(key: string, size: number, contentType: string): Promise<UploadPlan>;
  /** Presigns the same PUTs again, for a caller that asks twice. */
  resume(key: string, size: number, multipartId: string | null): Promise<UploadPlan>;
  /** Puts the parts together; a plain PUT needs nothing. Throws AppFluxError `upload_incomplete`. */
  complete(key: string, multipartId: string | null, parts: UploadedPart[]): Promise<void>;
  /** Forgets a begun upload: the parts are dropped. One that is gone is no error. */
  abort(key: string, multipartId: string): Promise<void>;
  /** A presigned GET for `seconds`. */
  readUrl(key: string, seconds: number): Promise<string>;
}
