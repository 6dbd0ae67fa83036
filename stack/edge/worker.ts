/** What the edge process reads of wrangler.toml itself. */
import { z } from 'zod';
import { readWranglerConfig } from '../wrangler/config.ts';

const Variables = z.looseObject({ bindings: z.record(z.string(), z.json()).default({}) });
const Triggers = z.looseObject({ crons: z.array(z.string()).default([]) });

/** The variables of a Worker, and the times of its crons. @throws StackProblem `settings_invalid` */
export function readWorker(wranglerConfig: string): {
  variables: z.infer<typeof Variables>['bindings'];
  crons: readonly string[];
} {
  const { config, workerOptions } = readWranglerConfig(wranglerConfig);
  return { variables: Variables.parse(workerOptions).bindings, crons: Triggers.parse(config.triggers).crons };
}
