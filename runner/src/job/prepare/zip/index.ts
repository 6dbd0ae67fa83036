/** Fetches and unpacks an upload. */

import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatBytes, type JobSource, printable, quoted } from '@appflux/protocol';
import { own, say } from '../../../masking/sentence.ts';
import { JobFailure, type StepContext, type Workspace } from '../../../step-context.ts';
import { inSpan } from '../../../tracing/trace.ts';
import type { SourceLimits } from '../limits.ts';
import { download } from './download.ts';
import { extractZip } from './extract.ts';

export type UploadSource = Extract<JobSource, { kind: 'upload' }>;

/** Looks at an upload, given its path and what its owner calls it. Refuses it by throwing a JobFailure. */
export type ScanUpload = (path: string, name: string) => Promise<void>;

export interface FetchUploadOptions {
  readonly limits: SourceLimits;
  readonly scanUpload?: ScanUpload;
}

/**
 * Puts the contents of an uploaded ZIP into `workspace.source`.
 * @throws {JobFailure} `source_unavailable`, `source_invalid` or `disk_full`; what `scanUpload` throws; the
 * reason of `ctx.signal` if it aborts.
 */
export async function fetchUpload(
  source: UploadSource,
  workspace: Workspace,
  { limits, scanUpload }: FetchUploadOptions,
  ctx: StepContext,
): Promise<void> {
  ctx.log(say`Fetching the upload ${quoted(source.name)}, ${own(formatBytes(source.size))}.`);
  const archive = join(workspace.scratch, 'upload.zip');
  await mkdir(workspace.scratch, { recursive: true });
  try {
    await inSpan(
      ctx,
      'download',
      ({ signal }) => download(source, archive, { signal, retryMs: limits.storageRetryMs }),
      { 'appflux.bytes': source.size },
    );
    await refuseOtherKinds(archive);
    await scanUpload?.(archive, source.name);
    await mkdir(workspace.source, { recursive: true });
    const { size, rootDirectory } = source;
    const unwrapped = await inSpan(ctx, 'unpack', ({ signal }) =>
      extractZip(archive, workspace.source, { limits, size, rootDirectory, signal }),
    );
    if (unwrapped !== null) {
      ctx.log(say`The ZIP contains a single folder, ${quoted(unwrapped)}, which is used as the top.`);
    }
  } finally {
    // Unpacked or not, its bytes are not needed again, and room is.
    await rm(archive, { force: true });
  }
}

/** How files begin that people take for ZIPs. */
const OTHER_KINDS: readonly (readonly [string, string])[] = [
  ['1f8b', 'a gzip file, perhaps a .tar.gz'],
  ['526172211a07', 'a RAR archive'],
  ['377abcaf271c', 'a 7-Zip archive'],
  ['fd377a585a00', 'an XZ file'],
  ['425a68', 'a bzip2 file'],
  ['28b52ffd', 'a Zstandard file'],
  ['25504446', 'a PDF'],
  ['3c21', 'an HTML page'],
  ['7b', 'a JSON file'],
];

async function refuseOtherKinds(archive: string): Promise<void> {
  const file = await open(archive, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    if (bytesRead === 0) throw notZip('it is empty');
    const start = buffer.subarray(0, bytesRead).toString('hex');
    const other = OTHER_KINDS.find(([magic]) => start.startsWith(magic));
    if (other !== undefined) throw notZip(`it is ${other[1]}`);
  } finally {
    await file.close();
  }
}

const notZip = (why: string) =>
  new JobFailure('source_invalid', say`The upload is not a ZIP: ${printable(why)}.`, {
    hint: own('Create a ZIP of your project folder and upload it.'),
  });
