/** Where a sweep continues, as the API passes it. */
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
