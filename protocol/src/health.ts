import { z } from 'zod';

export const PartHealth = z.enum(['ok', 'down']);

/** Whether the control plane and the services it depends on work. */
export const Health = z
  .strictObject({
    status: PartHealth,
    version: z.string(),
    parts: z.strictObject({ metadata: PartHealth, storage: PartHealth, queue: PartHealth }),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof Health>;
