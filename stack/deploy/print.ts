/** A plan as text. Pure. */
import type { DeploySettings } from './settings.ts';
import type { Action, Plan, Step } from './step.ts';

const MARK: Readonly<Record<Step['state'], string>> = { done: 'done', needed: 'to do', unknown: 'if needed' };

/** An argument as a shell takes it. */
const quoted = (argument: string): string =>
  /^[\w@%+=:,./*-]+$/.test(argument) && !argument.includes('*')
    ? argument
    : `'${argument.replaceAll("'", `'\\''`)}'`;

/** The command of a step, as it can be run manually in the folder of generated files. */
export function commandOf(action: Action): string {
  switch (action.kind) {
    case 'wrangler':
      return ['npx wrangler', ...action.args.map(quoted)].join(' ');
    case 'api':
      return `POST ${action.path} ${JSON.stringify(action.body)}`;
    case 'own':
      return action.what;
  }
}

/** The steps with their commands and reasons, the problems and the warnings. */
export function planText({ steps, problems, warnings }: Plan): string[] {
  return [
    ...steps.flatMap(({ title, why, check, action, state }, index) => [
      `${String(index + 1).padStart(2)}. ${title} [${MARK[state]}]`,
      `      ${commandOf(action)}`,
      `      Why: ${why}. Checked by: ${check}.`,
    ]),
    ...warnings.map((warning) => `Note: ${warning}`),
    ...problems.map((problem) => `Fix before deploying: ${problem}`),
  ];
}

/**
 * What a plan of Cloudflare's includes, as far as it limits an instance.
 * Sources: https://developers.cloudflare.com/workers/platform/limits/, /queues/platform/pricing/, /d1/platform/pricing/,
 * /durable-objects/platform/pricing/, /r2/pricing/
 */
const BUDGETS: Readonly<Record<DeploySettings['plan'], readonly string[]>> = {
  free: [
    'Workers: 100,000 requests a day, 10 ms of CPU each, 50 subrequests each; files of the dashboard are free',
    'Queues: 10,000 operations a day, messages are kept for a day',
    'Durable Objects: 100,000 requests and 100,000 rows written a day',
    'D1: 5,000,000 rows read and 100,000 rows written a day, 500 MB a database',
    'R2: 10 GB, 1,000,000 writes and 10,000,000 reads a month',
    'Passwords are hashed with PBKDF2, which takes less than those 10 ms; Supabase is the alternative',
  ],
  paid: [
    'Workers: 10,000,000 requests and 30,000,000 ms of CPU a month, then billed',
    'Queues: 1,000,000 operations a month, then billed',
    'R2: 10 GB, 1,000,000 writes and 10,000,000 reads a month, then billed',
  ],
};

/** The budgets of the plan, a line each. */
export const budgetText = ({ plan }: Pick<DeploySettings, 'plan'>): string[] => [
  `Included in the ${plan} plan:`,
  ...BUDGETS[plan].map((line) => `  ${line}`),
];
