/** Runs wrangler, and says what to do about its failures. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { errorLines, StackProblem } from '../problem.ts';
import { PERMISSIONS } from './api.ts';

/** What wrangler is run with. */
export interface WranglerContext {
  readonly root: string;
  /** The folder of generated files: paths in arguments are relative to it. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly token: string;
  readonly accountId: string;
}

/** What wrangler's failures mean, the first that matches. Codes are those of Cloudflare's API. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /\[code: (?:10000|9109|9106)\]|Authentication error|Unable to authenticate/i,
    `give CLOUDFLARE_API_TOKEN these permissions: ${PERMISSIONS}`,
  ],
  [
    /\[code: 10042\]|enable R2/i,
    'enable R2 in the account’s dashboard (R2 Object Storage), then run it again',
  ],
  [/\[code: 10027\]/, 'the Worker is larger than the plan allows: use the Workers Paid plan'],
  [
    /\[code: 100(?:97|98)\]|paid plan|upgrade (?:to|your)/i,
    'the account’s plan does not include this: docs/operations.md lists what each plan has',
  ],
  [
    /already (?:has|have) externally managed DNS|\[code: 100117\]|hostname .* already/i,
    'the host has another DNS record or belongs to another Worker: remove it, then run it again',
  ],
  [/\b429\b|rate limit|\[code: 971\]/i, 'Cloudflare limits the API’s calls: run it again in five minutes'],
];

/** What to do about a failure, by what wrangler printed. Pure. */
export const adviceFor = (output: string): string =>
  ADVICE.find(([pattern]) => pattern.test(output))?.[1] ??
  'fix what it says, then run "npm run deploy" again: what is done stays done';

/** Whether a failed `create` found that somebody else was faster, which is as good. */
const EXISTS = /already exists|already taken|\[code: (?:7502|10004|11009|8000002)\]/i;

/**
 * Runs wrangler to its end.
 * @returns what it printed
 * @throws StackProblem `cloudflare_failed` with the lines that say why, and what to do
 */
export async function runWrangler(context: WranglerContext, args: readonly string[]): Promise<string> {
  const program = join(context.root, 'node_modules', 'wrangler', 'bin', 'wrangler.js');
  await mkdir(context.folder, { recursive: true, mode: 0o700 });
  const { failed, all = '' } = await execa(process.execPath, [program, ...args], {
    cwd: context.folder,
    env: {
      ...context.env,
      CLOUDFLARE_API_TOKEN: context.token,
      CLOUDFLARE_ACCOUNT_ID: context.accountId,
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_HIDE_BANNER: 'true',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      // It asks no questions then.
      CI: '1',
      NO_COLOR: '1',
    },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  if (!failed || (args.includes('create') && EXISTS.test(all))) return all;
  throw new StackProblem(
    'cloudflare_failed',
    `wrangler ${args.join(' ')} failed (${errorLines(all, 6)})`,
    adviceFor(all),
  );
}
