import { z } from 'zod';

/** What a building deployment is at. */
export const Phase = z.enum(['preparing', 'scanning', 'detecting', 'building', 'uploading']);
export type Phase = z.infer<typeof Phase>;
