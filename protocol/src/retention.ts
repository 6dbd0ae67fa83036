/** Retention: how long the artifacts and logs of deployments are kept. */
import { z } from 'zod';

/**
 * A deployment keeps its artifacts or log while it is among the last `keepLast` of its app and environment, or is
 * younger than `days`.
 */
export const KeepRule = z
  .strictObject({
    keepLast: z.int().min(0).max(1000),
    /** Since the deployment ended. */
    days: z.int().min(0).max(3650),
  })
  .meta({ id: 'KeepRule' });
export type KeepRule = z.infer<typeof KeepRule>;

/** An app's own rules. Null means the instance's. */
export const Retention = z
  .strictObject({
    artifacts: KeepRule.nullable().default(null),
    logs: KeepRule.nullable().default(null),
  })
  .meta({ id: 'Retention' });
export type Retention = z.infer<typeof Retention>;

/** The rules for apps without their own. */
export const RetentionDefaults = z
  .strictObject({ artifacts: KeepRule, logs: KeepRule })
  .meta({ id: 'RetentionDefaults' });
export type RetentionDefaults = z.infer<typeof RetentionDefaults>;
