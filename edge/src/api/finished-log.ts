/** What answers about archived logs share. An archive never changes, so browsers may keep it, but ask each time. */
import { AppFluxError } from '@appflux/protocol';
import type { Context } from 'hono';
import { isKnown } from '../http/range.ts';
import type { ApiEnv } from '../http/router.ts';
import { LogArchive } from '../logs/archive/read.ts';
import type { DeploymentRecord } from '../metadata/metadata.ts';
import type { ObjectStore } from '../storage/storage.ts';

/** Of every answer about an archived log; which one, the URL says. The number is for changes of the answers' form. */
const ETAG = '"log-1"';

/**
 * Headers of an answer from an archive. The browser asks again each time, so that permissions and retention hold; it
 * gets a 304 then. Another account in the same browser does not get what was kept for the first.
 */
export const ARCHIVE_HEADERS = {
  'Cache-Control': 'private, no-cache',
  // Weak, because the same may be answered with and without gzip.
  ETag: `W/${ETAG}`,
  Vary: 'Authorization, Accept-Encoding',
} as const;

/** Whether the caller has this answer already. */
export const hasArchived = (c: Context<ApiEnv>): boolean =>
  isKnown(c.req.header('if-none-match') ?? null, ETAG);

/** Whether the client unpacks gzip itself. On Cloudflare the header is the network's own, and `cf` has the client's. */
export function takesGzip(c: Context<ApiEnv>): boolean {
  const { cf } = c.req.raw as Request<unknown, IncomingRequestCfProperties>;
  const accepted = cf?.clientAcceptEncoding ?? c.req.header('accept-encoding') ?? '';
  return accepted.split(',').some((coding) => {
    const [name, weight] = coding.replaceAll(' ', '').toLowerCase().split(';q=');
    return name === 'gzip' && Number(weight ?? 1) > 0;
  });
}

/** The archive of a deployment's log, opened by `open`. Throws `not_found` when it is not in storage any more. */
export async function archived<Archive>(
  open: (objects: ObjectStore, key: string) => Promise<Archive | null>,
  objects: ObjectStore,
  { logKey }: DeploymentRecord,
): Promise<Archive> {
  const archive = logKey === null ? null : await open(objects, logKey);
  if (archive === null) {
    throw new AppFluxError('not_found', 'The log of this deployment was removed');
  }
  return archive;
}

/** The archive of a deployment's log, to read parts of it. */
export const openArchive = (objects: ObjectStore, record: DeploymentRecord): Promise<LogArchive> =>
  archived(LogArchive.open, objects, record);
