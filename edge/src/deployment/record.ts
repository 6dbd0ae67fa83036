/** A deployment's state for others: a record for metadata, and the API's Deployment. */
import { type Deployment, traceOf } from '@appflux/protocol';
import type { Env } from '../env.ts';
import { type DeploymentMarks, type DeploymentRecord, UNMARKED } from '../metadata/metadata.ts';
import { pictureUrl } from '../pictures/url.ts';
import { setting } from '../settings.ts';
import { siteUrl } from '../sites/hosts/domain.ts';
import { siteUrls } from '../sites/hosts/urls.ts';
import { traceUrl } from '../tracing/target.ts';
import type { Spec, State } from './state.ts';

const iso = (time: number) => new Date(time).toISOString();
const isoOrNull = (time: number | null) => (time === null ? null : iso(time));

/** The record that metadata keeps of a deployment. */
export function recordOf(spec: Spec, state: State): DeploymentRecord {
  return {
    id: spec.id,
    ownerId: spec.ownerId,
    appId: spec.app.id,
    app: { slug: spec.app.slug, name: spec.app.name },
    number: spec.buildNumber,
    status: state.status,
    phase: state.phase,
    phases: state.phases.map((span) => ({
      phase: span.phase,
      startedAt: iso(span.startedAt),
      finishedAt: isoOrNull(span.finishedAt),
    })),
    waiting: state.waiting === undefined ? null : { ...state.waiting, since: iso(state.waiting.since) },
    trigger: spec.trigger,
    creator: spec.creator ?? null,
    pullRequest: state.pullRequest ?? spec.pullRequest ?? null,
    skipped: spec.skipped ?? null,
    approval: state.approval === undefined ? null : { state: state.approval.state, by: state.approval.by },
    tag: spec.tag ?? null,
    commitHash: state.commitHash,
    commitMessage: state.commitMessage,
    branch: spec.tag === undefined ? state.branch : null,
    uploadName: spec.source.kind === 'upload' ? spec.source.name : null,
    ...(spec.source.kind === 'prebuilt' ? { prebuilt: true } : {}),
    ...(spec.isUntrusted === true ? { isUntrusted: true } : {}),
    environment: spec.environment,
    version: state.version,
    attempt: state.attempt,
    runner: state.runner,
    plan: state.plan,
    failure: state.failure,
    artifacts: state.artifacts,
    site: state.site ?? null,
    ...(state.budgets === undefined ? {} : { budgets: state.budgets }),
    logKey: state.logKey,
    sbom: state.sbom ?? null,
    uploadId: spec.source.kind === 'upload' ? spec.source.uploadId : null,
    createdAt: iso(spec.createdAt),
    startedAt: isoOrNull(state.startedAt),
    finishedAt: isoOrNull(state.finishedAt),
    durationSeconds: durationOf(state),
  };
}

function durationOf({ startedAt, finishedAt }: State): number | null {
  return startedAt === null || finishedAt === null ? null : Math.round((finishedAt - startedAt) / 100) / 10;
}

/**
 * Whether consumers of events get this change. Phases aren't sent: anyone who wants them live asks the object
 * or watches its log, and every event costs.
 */
export function isNews(before: DeploymentRecord, after: DeploymentRecord): boolean {
  const told = ({ phase: _, phases: __, ...rest }: DeploymentRecord) => JSON.stringify(rest);
  return told(before) !== told(after);
}

/** Where the links of a deployment lead. */
export interface Addresses {
  /** The instance's address, without a trailing slash. */
  readonly publicUrl: string;
  /** Where people see a trace, with `{traceId}`. */
  readonly traceTemplate: string | undefined;
  /** The URL of the site with this label; null if the instance has no domain for sites. */
  readonly siteUrl: (label: string) => string | null;
}

/** The addresses of this instance. */
export const addressesOf = (env: Env): Addresses => ({
  publicUrl: setting(env, 'PUBLIC_URL'),
  traceTemplate: env.APPFLUX_TRACE_URL,
  siteUrl: (label) => siteUrl(env, label),
});

/**
 * The API's answer for a record; one that has just begun needs no marks.
 */
export function toDeployment(
  record: DeploymentRecord & Partial<DeploymentMarks>,
  { publicUrl, traceTemplate, siteUrl }: Addresses,
  waitingFor: string | null = null,
): Deployment {
  const {
    ownerId: _,
    logKey: __,
    uploadId: ___,
    leftovers: ____,
    isUntrusted: _____,
    pictureAt,
    sbom = null,
    artifacts,
    ...rest
  } = { ...UNMARKED, ...record };
  const trace = traceUrl(traceTemplate, traceOf(record.id).traceId);
  const self = `${publicUrl}/api/deployments/${record.id}`;
  const delivered = artifacts.map(({ key: _, etag: __, manifestSha256: ___, ...artifact }) => ({
    ...artifact,
    url: `${publicUrl}/dl/${record.id}/${encodeURIComponent(artifact.name)}`,
  }));
  return {
    ...rest,
    prebuilt: rest.prebuilt ?? false,
    budgets: rest.budgets ?? [],
    waitingFor,
    artifacts: delivered,
    picture: rest.artifactsRemovedAt === null ? pictureUrl(publicUrl, record.id, pictureAt) : null,
    artifactUrl: rest.artifactsRemovedAt === null ? (delivered[0]?.url ?? null) : null,
    urls: {
      self,
      logs: `${self}/logs`,
      live: `${self.replace(/^http/, 'ws')}/logs/live`,
      ...(record.status === 'success' ? { page: `${publicUrl}/a/${record.app.slug}` } : {}),
      ...siteUrls(record, siteUrl),
      ...(record.status === 'success' ? { attestation: `${self}/attestation` } : {}),
      ...(sbom === null || rest.artifactsRemovedAt !== null ? {} : { sbom: `${self}/sbom` }),
      ...(trace === null ? {} : { trace }),
    },
  };
}
