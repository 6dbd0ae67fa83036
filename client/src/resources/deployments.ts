/** Deployments: create, follow, cancel, repeat. */
import {
  type Artifact,
  ArtifactLink,
  ArtifactList,
  type CreateArtifactLink,
  type CreateDeployment,
  CreatedDeployment,
  CycloneDx,
  type Deploy,
  Deployed,
  Deployment,
  DeploymentDownloads,
  DeploymentNotes,
  type DeploymentStatus,
  DsseEnvelope,
  type Environment,
  type Page,
  type PictureSize,
  type PromoteDeployment,
  pageOf,
  type Redeploy,
  SiteComparison,
  type UpdateDeployment,
} from '@appflux/protocol';
import { type CallOptions, type Calls, path } from '../http/calls.ts';
import type { ListQuery } from '../pages.ts';

/** The same key again gets the same deployment, so a call whose response was lost can be repeated. */
export interface CreateOptions extends CallOptions {
  idempotencyKey?: string | undefined;
}

export interface DeploymentsFilter extends ListQuery {
  status?: DeploymentStatus;
  /** `exclude` leaves out deployments that were skipped, `only` lists nothing else. */
  skipped?: 'exclude' | 'only';
  branch?: string;
  environment?: Environment;
  /** The name of who or what created it. */
  creator?: string;
  /** The number of a pull request. */
  pullRequest?: number;
}

const Deployments = pageOf(Deployment);

const headersOf = ({ idempotencyKey }: CreateOptions) =>
  idempotencyKey === undefined ? {} : { headers: { 'Idempotency-Key': idempotencyKey } };

export const deployments = (calls: Calls) => ({
  /** Of the whole team, newest first. */
  list: (query: DeploymentsFilter = {}, options: CallOptions = {}): Promise<Page<Deployment>> =>
    calls.json(Deployments, 'GET', '/api/deployments', { query: { ...query }, ...options }),
  /** Of one app, newest first. */
  listOf: (
    slug: string,
    query: DeploymentsFilter = {},
    options: CallOptions = {},
  ): Promise<Page<Deployment>> =>
    calls.json(Deployments, 'GET', path`/api/apps/${slug}/deployments`, { query: { ...query }, ...options }),
  create: (slug: string, body: CreateDeployment = {}, options: CreateOptions = {}): Promise<Deployment> =>
    calls.json(Deployment, 'POST', path`/api/apps/${slug}/deployments`, {
      body,
      ...headersOf(options),
      signal: options.signal,
    }),
  /** Begins the delivery of an output that was built elsewhere; the grant lets the caller open the attempt's socket. */
  createPrebuilt: (
    slug: string,
    body: Omit<CreateDeployment, 'prebuilt' | 'uploadId' | 'clearCache'> = {},
    options: CreateOptions = {},
  ): Promise<CreatedDeployment> =>
    calls.json(CreatedDeployment, 'POST', path`/api/apps/${slug}/deployments`, {
      body: { ...body, prebuilt: true },
      ...headersOf(options),
      signal: options.signal,
    }),
  /** The same with the app in the body, by id or slug. */
  deploy: (body: Deploy, options: CreateOptions = {}): Promise<Deployed> =>
    calls.json(Deployed, 'POST', '/api/deploy', { body, ...headersOf(options), signal: options.signal }),
  get: (id: string, options: CallOptions = {}): Promise<Deployment> =>
    calls.json(Deployment, 'GET', path`/api/deployments/${id}`, options),
  cancel: (id: string, options: CallOptions = {}): Promise<Deployment> =>
    calls.json(Deployment, 'POST', path`/api/deployments/${id}/cancel`, { body: {}, ...options }),
  /** Lets runners build a deployment from a fork. */
  approve: (id: string, options: CallOptions = {}): Promise<Deployment> =>
    calls.json(Deployment, 'POST', path`/api/deployments/${id}/approve`, { body: {}, ...options }),
  redeploy: (id: string, body: Redeploy = {}, options: CallOptions = {}): Promise<Deployment> =>
    calls.json(Deployment, 'POST', path`/api/deployments/${id}/redeploy`, { body, ...options }),
  /** Makes it the app's release; a preview goes live as it was built. */
  promote: (id: string, body: PromoteDeployment = {}, options: CallOptions = {}): Promise<Deployment> =>
    calls.json(Deployment, 'POST', path`/api/deployments/${id}/promote`, { body, ...options }),
  /** A signed link to an artifact, for an app that isn't public. */
  createLink: (id: string, body: CreateArtifactLink, options: CallOptions = {}): Promise<ArtifactLink> =>
    calls.json(ArtifactLink, 'POST', path`/api/deployments/${id}/links`, { body, ...options }),
  /** A pinned deployment keeps its artifacts and its log. */
  pin: (id: string, options: CallOptions = {}): Promise<Deployment> =>
    calls.json(Deployment, 'POST', path`/api/deployments/${id}/pin`, options),
  unpin: (id: string, options: CallOptions = {}): Promise<Deployment> =>
    calls.json(Deployment, 'DELETE', path`/api/deployments/${id}/pin`, options),
  artifacts: async (id: string, options: CallOptions = {}): Promise<Artifact[]> =>
    (await calls.json(ArtifactList, 'GET', path`/api/deployments/${id}/artifacts`, options)).items,
  /** Its release notes, as the download page shows them. */
  notes: (id: string, options: CallOptions = {}): Promise<DeploymentNotes> =>
    calls.json(DeploymentNotes, 'GET', path`/api/deployments/${id}/notes`, options),
  /** Writes its release notes; `null` goes back to those of the build. */
  update: (id: string, body: UpdateDeployment, options: CallOptions = {}): Promise<DeploymentNotes> =>
    calls.json(DeploymentNotes, 'PATCH', path`/api/deployments/${id}`, { body, ...options }),
  /** Its signed provenance; verifyEnvelope checks it. */
  attestation: (id: string, options: CallOptions = {}): Promise<DsseEnvelope> =>
    calls.json(DsseEnvelope, 'GET', path`/api/deployments/${id}/attestation`, options),
  /** Its bill of materials: CycloneDX, as JSON. */
  sbom: async (id: string, options: CallOptions = {}): Promise<unknown> =>
    calls.json(CycloneDx, 'GET', path`/api/deployments/${id}/sbom`, options),
  /** A picture of its site, as WebP. With `v`, as the URL of the picture has it, browsers keep it. */
  picture: async (
    id: string,
    query: { size?: PictureSize; v?: string } = {},
    options: CallOptions = {},
  ): Promise<Blob> =>
    (
      await calls.stream('GET', path`/api/deployments/${id}/picture`, { query: { ...query }, ...options })
    ).blob(),
  /** How its site differs from that of another deployment, the one before. */
  compareSite: (id: string, before: string, options: CallOptions = {}): Promise<SiteComparison> =>
    calls.json(SiteComparison, 'GET', path`/api/deployments/${id}/site/comparison`, {
      query: { with: before },
      ...options,
    }),
  /** How often each artifact was downloaded. */
  downloads: (id: string, options: CallOptions = {}): Promise<DeploymentDownloads> =>
    calls.json(DeploymentDownloads, 'GET', path`/api/deployments/${id}/downloads`, options),
});
