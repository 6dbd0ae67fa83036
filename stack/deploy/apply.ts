/** Does the steps of a plan that are needed, in their order. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StackProblem } from '../problem.ts';
import { during, type Progress } from '../progress.ts';
import { ApiRefusal, type CloudflareApi } from './api.ts';
import { withCors, withLifecycle } from './bucket.ts';
import { controlPlaneConfig, type Folders, serversConfig } from './config.ts';
import { bucketOf, databasesOf, type Observed } from './observe.ts';
import { writePages } from './pages.ts';
import { newSecret, sha256, type Values, writePrivate } from './secrets.ts';
import type { DeploySettings } from './settings.ts';
import { type Action, FILES, type Plan, type Step } from './step.ts';
import { isMigration } from './steps.ts';
import { runWrangler, type WranglerContext } from './wrangler.ts';

/** Everything that a deploy is done with. */
export interface Deploy {
  readonly settings: DeploySettings;
  readonly api: CloudflareApi;
  readonly wrangler: WranglerContext;
  readonly folders: Folders;
  /** The parsed files of the checkout. */
  readonly tracked: { readonly worker: unknown; readonly servers: unknown };
  /** The secrets whose values are known, and the file that generated ones are added to. */
  readonly secrets: { readonly values: Values; readonly inFile: Values };
  /** Whether the Worker has, or gets, the secret MONGODB_URI. */
  readonly mongodb: boolean;
  readonly progress: Progress;
}

/**
 * Does what is needed.
 * @returns the values of all secrets that are known now
 * @throws StackProblem of the first step that fails. The next run goes on with it
 */
export async function applyPlan(deploy: Deploy, plan: Plan, observed: Observed): Promise<Values> {
  let values = deploy.secrets.values;
  for (const step of plan.steps) {
    if (step.state === 'done') continue;
    await during(deploy.progress, step.title, async () => {
      if (step.id === 'secrets') values = await generate(deploy, plan, values);
      else await doStep(deploy, plan, observed, step, values);
    });
  }
  return values;
}

async function doStep(
  deploy: Deploy,
  plan: Plan,
  observed: Observed,
  step: Step,
  values: Values,
): Promise<void> {
  if (isMigration(step)) {
    await writeConfigs(deploy, observed, observed.servers !== null);
    return act(deploy, step.action);
  }
  switch (step.id) {
    case 'cors':
    case 'lifecycle':
      if (await writeRules(deploy, step.id)) await act(deploy, step.action);
      return;
    case 'servers':
      await writeConfigs(deploy, observed, observed.servers !== null);
      return act(deploy, step.action);
    case 'bind servers':
      await writeConfigs(deploy, observed, true);
      return act(deploy, step.action);
    case 'upload':
      await writeConfigs(deploy, observed, observed.servers !== null);
      return upload(deploy, plan, step.action, values);
    case 'pages upload':
      await writePages(
        deploy.folders.root,
        join(deploy.folders.generated, FILES.pages),
        deploy.tracked.worker,
        deploy.settings,
      );
      return act(deploy, step.action);
    default:
      return act(deploy, step.action);
  }
}

async function act({ api, wrangler }: Deploy, action: Action): Promise<void> {
  if (action.kind === 'wrangler') await runWrangler(wrangler, action.args);
  if (action.kind !== 'api') return;
  try {
    await api.call('POST', action.path, action.body);
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error;
    // Somebody else was faster; a record or domain that is there is what was wanted.
    if (/already (?:exists|been added)/i.test(error.message)) return;
    throw new StackProblem('cloudflare_failed', error.message, adviceForRefusal(error), { cause: error });
  }
}

/** What to do about a refusal of the calls that steps make. */
function adviceForRefusal({ message }: ApiRefusal): string {
  return /entitle|not allowed|subscription|quota|1450|1409/i.test(message)
    ? 'the zone isn’t entitled to advanced certificates: switch Advanced Certificate Manager on in its dashboard (SSL/TLS, Edge Certificates), or use a zone of its own as sites_domain'
    : 'fix what it says, then run "npm run deploy" again: what is done stays done';
}

/** Generates the missing secrets and keeps them first: one that was uploaded and lost could not be replaced. */
async function generate({ folders, secrets }: Deploy, plan: Plan, values: Values): Promise<Values> {
  const fresh = Object.fromEntries(plan.secrets.generate.map((name) => [name, newSecret()]));
  await writePrivate(join(folders.generated, FILES.secrets), { ...secrets.inFile, ...fresh });
  return { ...values, ...fresh };
}

/** Uploads the Worker with the secrets that it lacks, in one version. */
async function upload(deploy: Deploy, plan: Plan, action: Action, values: Values): Promise<void> {
  const { generated } = deploy.folders;
  const file = join(generated, FILES.upload);
  const sent = Object.fromEntries(plan.secrets.upload.map((name) => [name, values[name] ?? '']));
  try {
    if (plan.secrets.upload.length > 0) await writePrivate(file, sent);
    await act(deploy, action);
  } finally {
    await rm(file, { force: true });
  }
  const hashes = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, sha256(value)]));
  await writePrivate(join(generated, UPLOADED), hashes);
}

/** In the folder of generated files: the SHA-256 of each secret that was uploaded. */
export const UPLOADED = 'uploaded.json';

/** Writes the bucket's rules as they should be, from those that it has now. False if nothing has to change. */
async function writeRules({ api, settings, folders }: Deploy, which: 'cors' | 'lifecycle'): Promise<boolean> {
  const bucket = await bucketOf(api, `/accounts/${settings.account_id}/r2/buckets/${settings.bucket}`);
  const rules =
    which === 'cors'
      ? withCors(bucket?.cors ?? [], settings.public_url)
      : withLifecycle(bucket?.lifecycle ?? []);
  if (rules === null) return false;
  await writeJson(join(folders.generated, FILES[which]), { rules });
  return true;
}

/** Writes the configurations of both Workers. */
async function writeConfigs(deploy: Deploy, observed: Observed, boundToServers: boolean): Promise<void> {
  const { settings, api, folders, tracked, mongodb } = deploy;
  const databases = await databasesOf(api, `/accounts/${settings.account_id}`, settings);
  const databaseIds = databases.slice(0, settings.metadata_databases).map((database) => database?.id);
  if (!databaseIds.every((id) => id !== undefined) || observed.sitesZone === null)
    throw new Error('the databases and the zone were found before');
  const found = { databaseIds, sitesZone: observed.sitesZone.name, boundToServers, mongodb };
  await writeWorkerConfigs(folders, tracked, settings, found);
}

/** Writes the configurations that wrangler reads. */
export async function writeWorkerConfigs(
  folders: Folders,
  tracked: Deploy['tracked'],
  settings: DeploySettings,
  found: Parameters<typeof controlPlaneConfig>[2],
): Promise<void> {
  await mkdir(folders.generated, { recursive: true, mode: 0o700 });
  await writeJson(
    join(folders.generated, FILES.worker),
    controlPlaneConfig(tracked.worker, settings, found, folders),
  );
  await writeJson(join(folders.generated, FILES.servers), serversConfig(tracked.servers, settings, folders));
}

const writeJson = (path: string, content: unknown) =>
  writeFile(path, `${JSON.stringify(content, null, 2)}\n`);
