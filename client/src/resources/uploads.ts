/** Uploads of source archives; ../upload sends the bytes. */
import { CompletedUpload, type CreateUpload, type UploadedPart, UploadGrant } from '@appflux/protocol';
import { type CallOptions, type Calls, path } from '../http/calls.ts';

export const uploads = (calls: Calls) => ({
  /** Where to PUT the bytes: presigned URLs that expire after an hour. */
  create: (body: CreateUpload, options: CallOptions = {}): Promise<UploadGrant> =>
    calls.json(UploadGrant, 'POST', '/api/uploads', { body, ...options }),
  complete: (
    id: string,
    parts: UploadedPart[],
    options: CallOptions = {},
  ): Promise<{ uploadId: string; size: number }> =>
    calls.json(CompletedUpload, 'POST', path`/api/uploads/${id}/complete`, { body: { parts }, ...options }),
});
