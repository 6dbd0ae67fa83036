/** Uploads: a ZIP that the browser or a script sends directly to storage. */
import { z } from 'zod';
import { ObjectId, Sha256 } from './ids.ts';

/** Files of at least this size are uploaded in parts (S3 multipart). */
export const MULTIPART_FROM_BYTES = 16 * 1024 * 1024;

/** The largest source upload. */
export const MAX_UPLOAD_BYTES = 2 * 1024 * 1024 * 1024;

/** How many files, folders and links a source can have. */
export const MAX_SOURCE_ENTRIES = 200_000;

/** The largest source when it is unpacked, in bytes. */
export const MAX_SOURCE_TREE_BYTES = 4 * 1024 * 1024 * 1024;

/** A presigned request for one part; PUT the bytes there, without a token. */
export const PartGrant = z.strictObject({ partNumber: z.int().min(1).max(10_000), url: z.url() });
export type PartGrant = z.infer<typeof PartGrant>;

/** An uploaded part, with the ETag header of storage's answer. */
export const UploadedPart = z.strictObject({
  partNumber: z.int().min(1).max(10_000),
  etag: z.string().min(1).max(200),
});
export type UploadedPart = z.infer<typeof UploadedPart>;

export const CreateUpload = z
  .strictObject({
    name: z.string().min(1).max(255),
    size: z.int().min(1).max(MAX_UPLOAD_BYTES),
    sha256: Sha256.optional(),
  })
  .meta({ id: 'CreateUpload' });
export type CreateUpload = z.infer<typeof CreateUpload>;

/** What to PUT where. Part N contains the bytes from `(N-1) * partSize`, at most `partSize` of them. */
export const UploadGrant = z
  .strictObject({ uploadId: ObjectId, partSize: z.int(), parts: z.array(PartGrant) })
  .meta({ id: 'UploadGrant' });
export type UploadGrant = z.infer<typeof UploadGrant>;

export const CompleteUpload = z
  .strictObject({ parts: z.array(UploadedPart).min(1).max(10_000) })
  .meta({ id: 'CompleteUpload' });

export const CompletedUpload = z
  .strictObject({ uploadId: ObjectId, size: z.int() })
  .meta({ id: 'CompletedUpload' });
