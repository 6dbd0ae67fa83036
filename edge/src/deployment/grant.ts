/** What a runner is handed when its claim is granted. */
import {
  type Environment,
  type Grant,
  type Job,
  type JobSource,
  LEASE_MS,
  repoKeyOf,
  type SourceAccess,
  sensitivityOf,
  type Trigger,
} from '@appflux/protocol';
import type { Env } from '../env.ts';
import { openCredential, reach } from '../git-hosts/credential/index.ts';
import { CLONE_VALID_MS, installationToken } from '../git-hosts/github-app/tokens.ts';
import { metadataOf } from '../metadata/index.ts';
import { createSealer, fileLabel, type Sealer, variableLabel } from '../secrets/sealing.ts';
import { presignerOf } from '../storage/index.ts';
import type { Lease, PrebuiltSource, Spec, SpecSource, State } from './state.ts';

/** A presigned source URL outlives the longest wait between the grant and the download by far. */
const SOURCE_URL_SECONDS = 3600;

/** The parts of a job that take time to make: opened variables and files, and a presigned source. */
export interface Opened {
  source: JobSource;
  variables: Record<string, string>;
  /** The names of the variables whose values are masked. */
  sensitive: string[];
  files: Record<string, string>;
  /** How the repository is reached, beyond what the source says. */
  access: SourceAccess;
}

type BuildableSource = Exclude<SpecSource, PrebuiltSource>;

/** The spec of a deployment that a runner can build. */
export type BuildableSpec = Omit<Spec, 'source'> & { source: BuildableSource };

/** Opens the sealed values of the spec. Done before the claim is decided, so that the decision itself is synchronous. */
export async function openSpec(spec: BuildableSpec, env: Env): Promise<Opened> {
  const sealer = createSealer(env);
  const { app, environment } = spec;
  const variables = await openAll(spec.variables, environment, sealer, (name) => variableLabel(app.id, name));
  return {
    variables,
    sensitive: Object.entries(variables)
      .filter(([name, value]) => spec.variables[name]?.sensitive ?? sensitivityOf(name, value).sensitive)
      .map(([name]) => name),
    files: await openAll(spec.files ?? {}, environment, sealer, (name) => fileLabel(app.id, name)),
    ...(await jobSource(spec, env, sealer)),
  };
}

/** Opens what is meant for the environment. */
async function openAll(
  all: Record<string, { sealed: string; environments: Environment[] }>,
  environment: Environment,
  sealer: Sealer,
  labelOf: (name: string) => string,
): Promise<Record<string, string>> {
  const opened: Record<string, string> = {};
  for (const [name, { sealed, environments }] of Object.entries(all)) {
    if (environments.includes(environment)) opened[name] = await sealer.open(sealed, labelOf(name));
  }
  return opened;
}

async function jobSource(
  { app, ownerId, source, isUntrusted }: BuildableSpec,
  env: Env,
  sealer: Sealer,
): Promise<Pick<Opened, 'source' | 'access'>> {
  if (source.kind === 'git') {
    // What the app has now, not what it had when the deployment was requested: a replaced credential is no use.
    const credential = await openCredential(metadataOf(env), { id: app.id, repoUrl: source.repoUrl }, sealer);
    const repoKey = credential === null ? repoKeyOf(source.repoUrl) : null;
    // For this repository alone, to read its contents, for an hour; in no record and no log.
    const hostToken =
      repoKey === null ? null : await installationToken(env, ownerId, repoKey, { validMs: CLONE_VALID_MS });
    const { repoUrl, token, access } = reach(source, credential, hostToken);
    const { kind, branch, commit, rootDirectory } = source;
    return {
      source: { kind, repoUrl, branch, commit, token, rootDirectory },
      // A fork chooses which submodules it has, and the app's token may read other repositories of the team.
      access: isUntrusted === true ? { ...access, ownRepositoryOnly: true } : access,
    };
  }
  const { name, size, sha256, rootDirectory } = source;
  const url = await presignerOf(env).readUrl(source.key, SOURCE_URL_SECONDS);
  return { source: { kind: 'upload', url, name, size, sha256, rootDirectory }, access: {} };
}

/** A trigger that runners of every version know: earlier ones refuse a job with another one. */
function knownTrigger(trigger: Trigger): Job['trigger'] {
  if (trigger === 'pull_request') return 'push';
  return trigger === 'schedule' ? 'hook' : trigger;
}

/** What an attempt may log at least, in bytes, however much those before it wrote. */
const LEAST_LOG_BYTES = 1_000_000;

/** The grant of the lease that `state` holds at `now`; `logRoom` is what earlier attempts left of the log, in bytes. */
export function grantOf(
  spec: Spec,
  state: State,
  { lease, logRoom }: { lease: Lease; logRoom: number },
  opened: Opened,
  publicUrl: string,
  now: number,
): Grant {
  // The runner's own clock and the edge's end the build at the same moment, whichever attempt this is.
  const left = state.deadlineAt === null ? spec.limits.timeoutSeconds : (state.deadlineAt - now) / 1000;
  const job: Job = {
    deploymentId: spec.id,
    app: spec.app,
    environment: spec.environment,
    trigger: knownTrigger(spec.trigger),
    source: opened.source,
    build: spec.build,
    type: spec.type,
    variables: opened.variables,
    files: opened.files,
    limits: {
      ...spec.limits,
      timeoutSeconds: Math.max(1, left),
      logBytes: Math.min(spec.limits.logBytes, Math.max(LEAST_LOG_BYTES, logRoom)),
    },
    clearCache: spec.clearCache,
    buildNumber: spec.buildNumber,
    url: `${publicUrl}/a/${spec.app.slug}`,
  };
  return {
    deploymentId: spec.id,
    attempt: state.attempt,
    leaseToken: lease.token,
    leaseSeconds: LEASE_MS / 1000,
    job,
  };
}
