/**
 * What the control plane states about a successful deployment: an in-toto statement with SLSA's predicate. It says what
 * was requested, and what the control plane has seen or checked itself. What only the runner says is in `reportedByRunner`, or
 * has the annotation `reportedBy: runner`. Pure: the same deployment gets the same statement.
 */
import {
  type AppType,
  type BuildSettings,
  type Environment,
  type ExecutorKind,
  IN_TOTO_STATEMENT,
  type JobLimits,
  type Plan,
  SLSA_PROVENANCE,
  type Trigger,
} from '@appflux/protocol';
import type { ArtifactRecord, SbomRecord } from '../metadata/metadata.ts';

/** The deployment is named by what these addresses begin with. */
export const BUILD_TYPE_PATH = '/.well-known/appflux/build-types/deployment/v1';
export const PREBUILT_TYPE_PATH = '/.well-known/appflux/build-types/prebuilt/v1';
export const BUILDERS_PATH = '/.well-known/appflux/builders';

/** The builder of an output that was built elsewhere: nobody whom the instance knows. */
export const PREBUILT = 'prebuilt';

/** What is built by a runner whose executor was not recorded, by an earlier version. */
export const UNRECORDED_EXECUTOR = 'unrecorded';

/** The subject that is a site's manifest, as it is stored: gzip-compressed JSON. */
export const SITE_MANIFEST = 'site-manifest.json.gz';

/** Something that a build used (in-toto's ResourceDescriptor). */
interface Resource {
  name?: string;
  uri?: string;
  digest?: Record<string, string>;
  annotations?: Record<string, string>;
}

const BY_RUNNER = { reportedBy: 'runner' };

/** What was requested: the members of a deployment's spec that are stated. */
interface Requested {
  id: string;
  app: { id: string; slug: string; name: string };
  trigger: Trigger;
  environment: Environment;
  source: RequestedSource;
  build: BuildSettings;
  type: AppType | null;
  variables: object;
  files?: object;
  limits: JobLimits;
  clearCache: boolean;
  buildNumber: number;
}

type RequestedSource =
  | { kind: 'git'; repoUrl: string; branch: string; commit: string | null; rootDirectory: string }
  | {
      kind: 'upload';
      uploadId: string;
      name: string;
      size: number;
      sha256: string | null;
      rootDirectory: string;
      branch?: string;
    }
  | { kind: 'prebuilt'; branch: string | null; commit: string | null; rootDirectory: string };

/** How it was built: the members of its state. Times are Unix milliseconds. */
interface Built {
  attempt: number;
  runner: { id: string; name: string } | null;
  executor?: ExecutorKind;
  phases: readonly { startedAt: number }[];
  startedAt: number | null;
  finishedAt: number | null;
  commitHash: string | null;
  branch: string | null;
  version: string | null;
  plan: Plan | null;
  artifacts: readonly ArtifactRecord[];
  sbom?: SbomRecord;
}

/** A deployment that ended as a success. */
export interface BuiltDeployment {
  readonly spec: Requested;
  readonly state: Built;
}

/** The statement; null when there is nothing whose digest the control plane has computed. */
export function statementOf({ spec, state }: BuiltDeployment, publicUrl: string): object | null {
  const subject = state.artifacts.filter(isChecked).flatMap(subjectsOf);
  if (subject.length === 0) return null;
  if (spec.source.kind === 'prebuilt') return prebuiltStatement({ spec, state }, subject, publicUrl);
  const executor = state.executor ?? UNRECORDED_EXECUTOR;
  return {
    _type: IN_TOTO_STATEMENT,
    subject,
    predicateType: SLSA_PROVENANCE,
    predicate: {
      buildDefinition: {
        buildType: publicUrl + BUILD_TYPE_PATH,
        externalParameters: requestedFor(spec),
        internalParameters: {
          deploymentId: spec.id,
          buildNumber: spec.buildNumber,
          attempt: state.attempt,
          runner: { ...(state.runner ?? {}), executor },
          limits: spec.limits,
          reportedByRunner: reportedByRunner(spec, state),
        },
        resolvedDependencies: [sourceOf(spec.source, state), imageOf(state)].filter((used) => used !== null),
      },
      runDetails: {
        builder: { id: `${publicUrl}${BUILDERS_PATH}/${executor}` },
        metadata: {
          invocationId: `${publicUrl}/api/deployments/${spec.id}#attempt-${state.attempt}`,
          startedOn: iso(state.phases[0]?.startedAt ?? state.startedAt),
          finishedOn: iso(state.finishedAt),
        },
        byproducts: sbomOf(state),
      },
    },
  };
}

/**
 * The statement about an output that was built elsewhere: which files the instance received and published, and when. It
 * names no source and no builder that the instance knows. What the deliverer says is marked so.
 */
function prebuiltStatement({ spec, state }: BuiltDeployment, subject: Resource[], publicUrl: string): object {
  const { id, app, environment, trigger, buildNumber } = spec;
  const { commitHash, branch, version, attempt } = state;
  return {
    _type: IN_TOTO_STATEMENT,
    subject,
    predicateType: SLSA_PROVENANCE,
    predicate: {
      buildDefinition: {
        buildType: publicUrl + PREBUILT_TYPE_PATH,
        externalParameters: { app: { id: app.id, slug: app.slug, name: app.name }, environment, trigger },
        internalParameters: {
          deploymentId: id,
          buildNumber,
          reportedByDeliverer: { commit: commitHash, branch, version },
        },
        resolvedDependencies: [],
      },
      runDetails: {
        builder: { id: `${publicUrl}${BUILDERS_PATH}/${PREBUILT}` },
        metadata: {
          invocationId: `${publicUrl}/api/deployments/${id}#attempt-${attempt}`,
          startedOn: iso(state.startedAt),
          finishedOn: iso(state.finishedAt),
        },
        byproducts: [],
      },
    },
  };
}

/** Version 0.1.0 noted what the runner announced, and computed no digest of it. */
const isChecked = ({ etag, manifestSha256 }: ArtifactRecord): boolean =>
  etag !== undefined || manifestSha256 !== undefined;

/** A file; a site is its manifest, too, which has the SHA-256 of each of its files. */
function subjectsOf({ name, sha256, manifestSha256 }: ArtifactRecord): Resource[] {
  const file = { name, digest: { sha256 } };
  return manifestSha256 === undefined
    ? [file]
    : [file, { name: SITE_MANIFEST, digest: { sha256: manifestSha256 } }];
}

/** All that a person or a webhook decided: fixed when the deployment was requested. Variables by their names only. */
function requestedFor(spec: Requested): object {
  const { app, environment, trigger, type, build, clearCache } = spec;
  return {
    app: { id: app.id, slug: app.slug, name: app.name },
    source: requestedSource(spec.source),
    environment,
    trigger,
    type,
    build,
    clearCache,
    variables: Object.keys(spec.variables).sort(),
    files: Object.keys(spec.files ?? {}).sort(),
  };
}

function requestedSource(source: RequestedSource): object {
  if (source.kind === 'prebuilt') return { prebuilt: true };
  const { rootDirectory } = source;
  if (source.kind === 'git') {
    return { repository: source.repoUrl, branch: source.branch, commit: source.commit, rootDirectory };
  }
  const { uploadId: upload, name, size, sha256, branch } = source;
  return { upload, name, size, sha256, rootDirectory, ...(branch !== undefined && { branch }) };
}

function reportedByRunner({ source }: Requested, { commitHash, branch: said, version, plan }: Built): object {
  // Of an upload, only its owner names a branch.
  const branch = source.kind === 'upload' ? null : said;
  if (plan === null) return { commit: commitHash, branch, version, plan: null };
  // Sentences for people, and how it could have been built otherwise, are no parameters.
  const { reasons: _, alternatives: __, ...parameters } = plan;
  return { commit: commitHash, branch, version, plan: parameters };
}

/** The source: a commit as the runner found it, or an upload whose digest the control plane has computed. */
function sourceOf(source: RequestedSource, { commitHash }: Built): Resource | null {
  if (source.kind === 'prebuilt') return null;
  if (source.kind === 'upload') {
    return source.sha256 === null ? null : { name: source.name, digest: { sha256: source.sha256 } };
  }
  if (commitHash === null || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(commitHash)) return null;
  const ref = source.commit === null ? `@refs/heads/${encodeRef(source.branch)}` : '';
  return {
    uri: `git+${source.repoUrl}${ref}`,
    digest: { gitCommit: commitHash },
    annotations: BY_RUNNER,
  };
}

const encodeRef = (ref: string) => ref.split('/').map(encodeURIComponent).join('/');

/** The image that the build ran in, if it ran in one. */
function imageOf({ plan }: Built): Resource | null {
  const sha256 = /^sha256:([0-9a-f]{64})$/.exec(plan?.imageDigest ?? '')?.[1];
  return plan === null || sha256 === undefined
    ? null
    : { name: plan.image, digest: { sha256 }, annotations: BY_RUNNER };
}

/** The bill of materials, which the runner has made of the lockfiles. */
const sbomOf = ({ sbom }: Built): Resource[] =>
  sbom === undefined
    ? []
    : [{ name: 'sbom.cdx.json.gz', digest: { sha256: sbom.sha256 }, annotations: BY_RUNNER }];

const iso = (time: number | null): string | null => (time === null ? null : new Date(time).toISOString());
