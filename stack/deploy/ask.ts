/** The settings when there is no file yet: taken from an edited wrangler.toml, or asked for. */
import { createInterface } from 'node:readline/promises';
import { stringify } from 'smol-toml';
import { z } from 'zod';
import { StackProblem } from '../problem.ts';
import { SETTINGS_FILE, TEMPLATE } from './settings.ts';

/** The fields of an edited wrangler.toml. Until there was a file of settings, operators wrote theirs there. */
const Edited = z.looseObject({
  name: z.string().optional(),
  account_id: z.string().optional(),
  vars: z.record(z.string(), z.string()).default({}),
  d1_databases: z.array(z.looseObject({ database_name: z.string().optional() })).default([]),
  r2_buckets: z.array(z.looseObject({ bucket_name: z.string().optional() })).default([]),
  services: z.array(z.looseObject({ binding: z.string() })).default([]),
});

/** What a file of settings is written from. */
export type Answers = Record<string, string | boolean | Record<string, string>>;

/**
 * The settings that an edited wrangler.toml has; null for one that is as it was. Pure.
 * @param original the file as AppFlux has it, to tell which variables were changed; null if that isn't known
 */
export function settingsIn(edited: unknown, original: unknown): Answers | null {
  const {
    name,
    account_id,
    vars,
    d1_databases: databases,
    r2_buckets: buckets,
    services,
  } = Edited.parse(edited);
  if (!/^https:/.test(vars.PUBLIC_URL ?? '')) return null;
  const before = original === null ? {} : Edited.parse(original).vars;
  const { PUBLIC_URL = '', SITES_DOMAIN = '', S3_BUCKET: _bucket, ...others } = vars;
  const changed = Object.entries(others).filter(([key, value]) => before[key] !== value);
  const database = databases[0]?.database_name;
  const bucket = buckets[0]?.bucket_name;
  return {
    public_url: PUBLIC_URL,
    sites_domain: SITES_DOMAIN,
    ...(account_id === undefined ? {} : { account_id }),
    ...(name === undefined || name === 'appflux-edge' ? {} : { name }),
    ...(database === undefined || database === 'appflux' ? {} : { database }),
    ...(bucket === undefined || bucket === 'appflux' ? {} : { bucket }),
    ...(services.some(({ binding }) => binding === 'SERVERS') ? { servers: true } : {}),
    ...(changed.length === 0 ? {} : { vars: Object.fromEntries(changed) }),
  };
}

/** What is asked for, in this order, unless it is known. */
const QUESTIONS: Readonly<Record<string, string>> = {
  public_url: 'The URL of the instance, for example https://apps.example.com: ',
  sites_domain: 'The domain that sites are below, another one than the instance’s (example.net): ',
  account_id: 'The id of the Cloudflare account (on its overview page): ',
};

/**
 * The text of a new file of settings.
 * @throws StackProblem `settings_invalid` with a template, without a terminal to ask on
 */
export async function askForSettings(known: Answers, env: NodeJS.ProcessEnv): Promise<string> {
  const answers: Answers = {
    ...(env.CLOUDFLARE_ACCOUNT_ID ? { account_id: env.CLOUDFLARE_ACCOUNT_ID } : {}),
    ...known,
  };
  const missing = Object.keys(QUESTIONS).filter((name) => answers[name] === undefined);
  if (missing.length > 0 && (!process.stdin.isTTY || !process.stdout.isTTY)) {
    throw new StackProblem(
      'settings_invalid',
      `There is no ${SETTINGS_FILE}, and no terminal to ask on for ${missing.join(', ')}`,
      `write the file:\n\n${TEMPLATE}`,
    );
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    for (const name of missing) answers[name] = (await terminal.question(QUESTIONS[name] ?? '')).trim();
  } finally {
    terminal.close();
  }
  return `# Settings of "npm run deploy" (docs/operations.md). This file is yours: git ignores it.\n${stringify(answers)}`;
}
