/** The command: settings, build, plan, and then either its text or its steps and the test of the result. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { parse } from 'smol-toml';
import { z } from 'zod';
import { messageOf, StackProblem } from '../problem.ts';
import { during, type Progress } from '../progress.ts';
import { cloudflareApi, PERMISSIONS } from './api.ts';
import { applyPlan, type Deploy, UPLOADED, writeWorkerConfigs } from './apply.ts';
import { askForSettings, settingsIn } from './ask.ts';
import { type Built, buildAll } from './build.ts';
import { generatedFolder } from './generated.ts';
import { observe } from './observe.ts';
import { planDeploy } from './plan.ts';
import { budgetText, planText } from './print.ts';
import { proveDeploy } from './prove.ts';
import { isPresent, readSecrets, secretsOf, type Values } from './secrets.ts';
import { type DeploySettings, parseSettings, SETTINGS_FILE, TEMPLATE } from './settings.ts';
import { FILES, type Plan } from './step.ts';
import { runWrangler } from './wrangler.ts';

/** What the command is run with. */
export interface DeployCommand {
  readonly root: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly progress: Progress;
  /** Where generated files are, absolute; below `.appflux` of the checkout unless set. */
  readonly generated?: string;
  /** What was built before; builds unless set. */
  readonly built?: Built;
}

const NO_DATABASE = '00000000-0000-0000-0000-000000000000';

/**
 * Runs the command.
 * @returns its exit code: 1 if the instance doesn't work afterwards
 * @throws StackProblem for everything that the operator can mend
 */
export async function deploy({ root, args, env, progress, ...given }: DeployCommand): Promise<number> {
  const options = optionsOf(args);
  const folders = { root, generated: given.generated ?? generatedFolder(root) };
  const tracked = {
    worker: parse(await readFile(join(root, 'wrangler.toml'), 'utf8')),
    servers: parse(await readFile(join(root, 'wrangler.servers.toml'), 'utf8')),
  };
  const settings = await settingsOf(root, options, tracked.worker, env, progress);
  const inFile = await readSecrets(join(folders.generated, FILES.secrets));
  const values: Values = { S3_ENDPOINT: r2Endpoint(settings), ...inFile, ...secretsOf(env) };

  const token = env.CLOUDFLARE_API_TOKEN;
  const api = token ? cloudflareApi({ token, baseUrl: env.CLOUDFLARE_API_BASE_URL }) : null;
  const observed =
    api === null ? null : await during(progress, 'Reading the account', () => observe(api, settings));
  const mongodb = isPresent('MONGODB_URI', values, observed?.secrets ?? null);
  const built = given.built ?? (await buildAll(root, settings, { tracked, mongodb }, progress));
  const local = { ...built, secrets: { values, uploaded: await readUploaded(folders.generated) } };
  const plan = planDeploy(settings, observed, local);
  for (const line of [...planText(plan), ...budgetText(settings)]) progress.say(line);
  const wrangler = {
    root,
    folder: folders.generated,
    env,
    token: token ?? '',
    accountId: settings.account_id,
  };

  if (options.dryRun) {
    const databaseIds = Array.from(
      { length: settings.metadata_databases },
      (_, number) => observed?.databases[number]?.id ?? NO_DATABASE,
    );
    const sitesZone = observed?.sitesZone?.name ?? settings.sites_domain;
    await writeWorkerConfigs(folders, tracked, settings, {
      databaseIds,
      sitesZone,
      boundToServers: settings.servers,
      mongodb,
    });
    await during(progress, 'Checking the generated configuration with wrangler', () =>
      runWrangler(wrangler, ['deploy', '--dry-run', '--config', FILES.worker, '--outdir', 'bundle']),
    );
    progress.say(
      observed === null
        ? 'Nothing was read from the account, because CLOUDFLARE_API_TOKEN is not set. Nothing was changed.'
        : 'Nothing was changed.',
    );
    return 0;
  }
  if (api === null || observed === null) {
    throw new StackProblem(
      'settings_invalid',
      'CLOUDFLARE_API_TOKEN is not set',
      `create an API token in Cloudflare’s dashboard with these permissions, and set it in the environment: ${PERMISSIONS}`,
    );
  }
  refuseProblems(plan);
  const before = observed.worker?.versionId ?? null;
  const secrets = { values, inFile };
  const job: Deploy = { settings, api, wrangler, folders, tracked, secrets, mongodb, progress };
  const known = await applyPlan(job, plan, observed);
  if (plan.steps.every(({ state }) => state === 'done')) progress.say('Nothing had to be changed.');
  if (plan.secrets.generate.length > 0) {
    progress.say(
      `Generated ${plan.secrets.generate.join(' and ')} in ${relative(root, join(folders.generated, FILES.secrets))}: ` +
        'keep a copy of this file in your password manager.',
    );
  }
  if (!options.smokeTest) return 0;
  return proveDeploy(settings, known.OPERATOR_SECRET ?? null, before, progress);
}

interface Options {
  readonly dryRun: boolean;
  readonly dashboard: string | undefined;
  readonly config: string | undefined;
  readonly smokeTest: boolean;
}

function optionsOf(args: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        'dry-run': { type: 'boolean', default: false },
        dashboard: { type: 'string' },
        config: { type: 'string' },
        'no-smoke-test': { type: 'boolean', default: false },
      },
    });
    return {
      dryRun: values['dry-run'],
      dashboard: values.dashboard,
      config: values.config,
      smokeTest: !values['no-smoke-test'],
    };
  } catch (error) {
    throw new StackProblem(
      'arguments_invalid',
      messageOf(error),
      'use --dry-run, --dashboard pages or assets, --config FILE, --no-smoke-test',
      { cause: error },
    );
  }
}

/** The settings of the file. A dry run without one shows the steps for an example. */
async function settingsOf(
  root: string,
  { config, dashboard, dryRun }: Options,
  tracked: unknown,
  env: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<DeploySettings> {
  const file = resolve(root, config ?? SETTINGS_FILE);
  const text = existsSync(file)
    ? await readFile(file, 'utf8')
    : await newSettings(root, file, { dryRun, isOwn: config !== undefined }, tracked, env, progress);
  const settings = parseSettings(text);
  if (dashboard === undefined) return settings;
  if (dashboard === 'assets' || dashboard === 'pages') return { ...settings, dashboard };
  throw new StackProblem('arguments_invalid', `--dashboard ${dashboard} is unknown`, 'use pages or assets');
}

async function newSettings(
  root: string,
  file: string,
  { dryRun, isOwn }: { dryRun: boolean; isOwn: boolean },
  tracked: unknown,
  env: NodeJS.ProcessEnv,
  progress: Progress,
): Promise<string> {
  if (isOwn) throw new StackProblem('settings_invalid', `There is no file ${file}`, 'check --config');
  const edited = settingsIn(tracked, await originalOf(root));
  if (dryRun && edited === null) {
    progress.say(`There is no ${SETTINGS_FILE}: these are the steps for an example.`);
    return TEMPLATE;
  }
  const text = await askForSettings(edited ?? {}, env);
  parseSettings(text);
  if (dryRun) return text;
  await writeFile(file, text, { flag: 'wx' });
  progress.say(
    edited === null
      ? `Wrote ${SETTINGS_FILE}.`
      : `Moved your settings from wrangler.toml to ${SETTINGS_FILE}. "git checkout wrangler.toml" takes back the edited file.`,
  );
  return text;
}

/** The wrangler.toml of the checked-out commit; null where git can't tell. */
async function originalOf(root: string): Promise<unknown> {
  const { failed, stdout } = await execa('git', ['show', 'HEAD:wrangler.toml'], { cwd: root, reject: false });
  return failed ? null : parse(stdout);
}

const r2Endpoint = ({ account_id: id }: DeploySettings): string => `https://${id}.r2.cloudflarestorage.com`;

const Hashes = z.record(z.string(), z.string());

async function readUploaded(generated: string): Promise<Values> {
  const path = join(generated, UPLOADED);
  return existsSync(path) ? Hashes.parse(JSON.parse(await readFile(path, 'utf8'))) : {};
}

function refuseProblems({ problems }: Plan): void {
  if (problems.length === 0) return;
  throw new StackProblem(
    'deploy_refused',
    `Nothing was deployed: ${problems.length === 1 ? 'one thing has' : `${problems.length} things have`} to be fixed first`,
    problems.map((problem) => `\n- ${problem}`).join(''),
  );
}
