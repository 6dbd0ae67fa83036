/** Uploads of source archives; ../upload sends the bytes. */
import { CompletedUpload, type CreateUpload, type UploadedPart, UploadGrant } from '@appflux/protocol';
import { type CallOptions, type Calls, path } from '../http/calls.ts';
import { Transfer, type TransferSource, type TransferTools, type UploadCalls } from '../upload/transfer.ts';

export const uploads = (calls: Calls) => {
  const api = uploadCalls(calls);
  return {
    ...api,
    /** An upload that can be continued after a failure. */
    transfer: (source: TransferSource, tools?: TransferTools): Transfer => new Transfer(source, api, tools),
    /** Uploads a file and gives the id of the upload. A part is sent again after a lost connection. */
    send: (source: TransferSource, { signal, ...tools }: TransferTools & CallOptions = {}): Promise<string> =>
      new Transfer(source, api, tools).run(signal ?? new AbortController().signal),
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
