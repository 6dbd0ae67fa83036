/** Uploads of source archives; ../upload sends the bytes. */
import { CompletedUpload, type CreateUpload, type UploadedPart, UploadGrant } from '@appflux/protocol';
import { type CallOptions, type Calls, path } from '../http/calls.ts';
import type { TransferSource, TransferTools, UploadCalls } from '../upload/transfer.ts';

export const uploads = (calls: Calls) => {
  const api = uploadCalls(calls);
  return {
    ...api,
    /**
     * Uploads a file and gives the id of the upload. A part is sent again after a lost connection. A `Transfer` can also
     * be continued after a failure.
     */
    send: async (
      source: TransferSource,
      { signal, ...tools }: TransferTools & CallOptions = {},
    ): Promise<string> => {
      // Most pages of the dashboard upload nothing, so they don't load what that needs.
      const { Transfer } = await import('../upload/transfer.ts');
      return new Transfer(source, api, tools).run(signal ?? new AbortController().signal);
    },
  };
};

const uploadCalls = (calls: Calls) =>
  ({
    /** Where to PUT the bytes: presigned URLs that expire after an hour. */
    create: (body: CreateUpload, options: CallOptions = {}): Promise<UploadGrant> =>
      calls.json(UploadGrant, 'POST', '/api/uploads', { body, ...options }),
    complete: (
      id: string,
      parts: UploadedPart[],
      options: CallOptions = {},
    ): Promise<{ uploadId: string; size: number }> =>
      calls.json(CompletedUpload, 'POST', path`/api/uploads/${id}/complete`, { body: { parts }, ...options }),
  }) satisfies UploadCalls;
