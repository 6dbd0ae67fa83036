/** How many builds of a team run at a time. An App's own limit, `build.concurrency`, holds beside these. */
import { z } from 'zod';
import { RunnerLabel } from './runner.ts';

/** A team has limits for at most so many labels. */
export const MAX_LIMITED_LABELS = 20;

const AtATime = z.int().min(1).max(10_000);

export const BuildLimits = z
  .strictObject({
    /** Of all builds together; null for no limit. */
    builds: AtATime.nullable(),
    /** Of the builds that ask for a label, by label. A build with several of them counts for each. */
    labels: z
      .record(RunnerLabel, AtATime)
      .refine((labels) => Object.keys(labels).length <= MAX_LIMITED_LABELS, {
        error: `At most ${MAX_LIMITED_LABELS} labels can have a limit`,
      }),
  })
  .meta({ id: 'BuildLimits' });
export type BuildLimits = z.infer<typeof BuildLimits>;

/** What holds for a team that has set nothing. */
export const NO_BUILD_LIMITS: BuildLimits = { builds: null, labels: {} };
