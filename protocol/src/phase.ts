import { z } from 'zod';

/** The steps of a building deployment. */
export const Phase = z.enum(['preparing', 'scanning', 'detecting', 'building', 'uploading']);
export type Phase = z.infer<typeof Phase>;
