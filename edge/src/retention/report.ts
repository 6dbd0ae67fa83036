/** What a sweep tells of itself, in the shape of the API. */
import { ObjectId, Slug } from '@appflux/protocol';
import { z } from '@hono/zod-openapi';

/** Where a sweep goes on: through all Apps first, then through all source uploads, by ascending id. */
export interface Position {
  phase: 'apps' | 'uploads';
  /** The id of the last one that is through; null at the beginning. */
  after: string | null;
}

/** Where a sweep begins. */
export const START: Position = { phase: 'apps', after: null };

/** A position as a caller passes it back. */
export const PositionText = z
  .string()
  .regex(/^(?:apps|uploads)\.(?:[0-9a-f]{24})?$/, 'Pass `next` of the answer before as it is')
  .transform((text): Position => {
    const [phase, after] = text.split('.');
    return { phase: phase === 'uploads' ? 'uploads' : 'apps', after: after || null };
  });

export const positionText = ({ phase, after }: Position): string => `${phase}.${after ?? ''}`;

/** Something that went, or would go. */
export const SweptItem = z
  .strictObject({
    what: z.enum(['artifacts', 'log', 'source']),
    /** Null for a source. */
    app: Slug.nullable(),
    deploymentId: ObjectId.nullable(),
    /** Null for what is not a source. */
    uploadId: ObjectId.nullable(),
    /** Null when it is not known. */
    bytes: z.int().nullable(),
  })
  .meta({ id: 'SweptItem' });
export type SweptItem = z.infer<typeof SweptItem>;

/** Something that could not be removed; the next sweep tries it again. */
export const Failure = z
  .strictObject({ app: Slug, deploymentId: ObjectId, message: z.string() })
  .meta({ id: 'SweepFailure' });
export type Failure = z.infer<typeof Failure>;

export const SweepReport = z
  .strictObject({
    dryRun: z.boolean(),
    items: z.array(SweptItem),
    failures: z.array(Failure),
    /** Where the next call goes on; null when all was looked at. */
    next: z.string().nullable(),
  })
  .meta({ id: 'SweepReport' });
