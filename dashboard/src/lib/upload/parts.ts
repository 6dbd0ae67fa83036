import { AppFluxError, MAX_UPLOAD_BYTES, type UploadGrant } from '@appflux/protocol';

/** The bytes of a file, from `start` up to `end`, that go to one presigned address. */
export interface PlannedPart {
  readonly partNumber: number;
  readonly url: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Which bytes go where: part N holds those from `(N-1) * partSize`. Throws `internal` when the grant does
 * not cover the file exactly, since what came of it would be a broken archive.
 */
export function planParts(size: number, grant: UploadGrant): PlannedPart[] {
  const parts = grant.parts
    .map(({ partNumber, url }) => {
      const start = (partNumber - 1) * grant.partSize;
      return { partNumber, url, start, end: Math.min(start + grant.partSize, size) };
    })
    .toSorted((one, other) => one.partNumber - other.partNumber);
  const whole = parts.every((part, index) => part.partNumber === index + 1 && part.end > part.start);
  if (whole && parts.at(-1)?.end === size) return parts;
  throw new AppFluxError('internal', 'The server’s upload plan doesn’t match the file.', {
    hint: 'Try again. If it happens again, report it.',
  });
}

/** What is wrong with a file as a source; null when nothing is. The archive itself is judged by the runner. */
export function fileProblem(file: { name: string; size: number }): string | null {
  if (!/\.zip$/i.test(file.name)) return 'Not a ZIP archive. Choose a file that ends in .zip.';
  if (file.size === 0) return 'This file is empty. Choose another one.';
  if (file.size > MAX_UPLOAD_BYTES) return 'This file is larger than the limit of 2 GiB.';
  return null;
}
