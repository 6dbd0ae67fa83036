/** Which bytes of a file go to which presigned URL. */
import { AppFluxError, type UploadGrant } from '@appflux/protocol';

/** The bytes of a file, from `start` up to `end`, that go to one presigned URL. */
export interface PlannedPart {
  readonly partNumber: number;
  readonly url: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Which bytes go where: part N holds those from `(N-1) * partSize`. Throws `internal` if the grant doesn't cover the
 * file exactly, because the result would be a broken archive.
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
