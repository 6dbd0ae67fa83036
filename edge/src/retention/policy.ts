/** How long an App's artifacts and logs are kept: what it says itself, and the instance's defaults. */
import { AppFluxError, KeepRule, type Retention, type RetentionDefaults } from '@appflux/protocol';
import type { Env } from '../env.ts';
import type { Policy } from './decide.ts';

const VARIABLES = {
  artifacts: { keepLast: 'ARTIFACTS_KEEP_LAST', days: 'ARTIFACTS_DAYS' },
  logs: { keepLast: 'LOGS_KEEP_LAST', days: 'LOGS_DAYS' },
} as const;

/** What holds for Apps that say nothing. Throws `unavailable` when a variable is not a number that a rule takes. */
export function retentionDefaults(env: Env): RetentionDefaults {
  return { artifacts: ruleOf(env, 'artifacts'), logs: ruleOf(env, 'logs') };
}

function ruleOf(env: Env, what: keyof typeof VARIABLES): KeepRule {
  const names = VARIABLES[what];
  // Number('') is 0, which is a rule: keep none.
  const number = (text: string) => (/^\d+$/.test(text) ? Number(text) : Number.NaN);
  const rule = KeepRule.safeParse({ keepLast: number(env[names.keepLast]), days: number(env[names.days]) });
  if (rule.success) return rule.data;
  const wrong = rule.error.issues[0]?.path[0] === 'days' ? names.days : names.keepLast;
  throw new AppFluxError('unavailable', `This instance is not set up: ${wrong} is not a valid number`, {
    hint: 'docs/operations.md says what it may be.',
  });
}

/** What holds for an App. */
export const policyOf = ({ artifacts, logs }: Retention, defaults: RetentionDefaults): Policy => ({
  artifacts: artifacts ?? defaults.artifacts,
  log: logs ?? defaults.logs,
});
