/** Retention: how long what a deployment leaves behind is kept. */
import { z } from 'zod';

/** A deployment keeps its part while it is among the last `keepLast` of its App and environment, or is younger than `days`. */
export const KeepRule = z
  .strictObject({
    keepLast: z.int().min(0).max(1000),
    /** Since the deployment ended. */
    days: z.int().min(0).max(3650),
  })
  .meta({ id: 'KeepRule' });
export type KeepRule = z.infer<typeof KeepRule>;

/** What an App says about it. Null leaves it to the instance. */
export const Retention = z
  .strictObject({
    artifacts: KeepRule.nullable().default(null),
    logs: KeepRule.nullable().default(null),
  })
  .meta({ id: 'Retention' });
export type Retention = z.infer<typeof Retention>;

/** What holds for an App that says nothing. */
export const RetentionDefaults = z
  .strictObject({ artifacts: KeepRule, logs: KeepRule })
  .meta({ id: 'RetentionDefaults' });
export type RetentionDefaults = z.infer<typeof RetentionDefaults>;
