/** How the site of a deployment differs from that of another one. */
import { z } from 'zod';
import { ObjectId } from './ids.ts';

/** How many files a comparison lists: those whose size changed most. */
export const MAX_COMPARED_FILES = 200;

const size = z.int().min(0);
const SiteSize = z.strictObject({ files: size, bytes: size });

/** A file that differs. Sizes are in bytes before compression; null where there is no such file. */
export const SiteFileChange = z.strictObject({
  /** Where it is now; where it was, if it is gone. */
  path: z.string(),
  /** Where it was, if its name changed with the hash in it. */
  renamedFrom: z.string().optional(),
  before: size.nullable(),
  after: size.nullable(),
});
export type SiteFileChange = z.infer<typeof SiteFileChange>;

export const SiteComparison = z
  .strictObject({
    before: SiteSize,
    after: SiteSize,
    added: size,
    removed: size,
    changed: size,
    unchanged: size,
    /** The files that differ, those whose size changed most first, at most MAX_COMPARED_FILES. */
    files: z.array(SiteFileChange).max(MAX_COMPARED_FILES),
  })
  .meta({ id: 'SiteComparison' });
export type SiteComparison = z.infer<typeof SiteComparison>;

/** Query of `GET /api/deployments/:id/site/comparison`: the deployment that it is compared with, as it was before. */
export const SiteComparisonQuery = z.strictObject({ with: ObjectId });
