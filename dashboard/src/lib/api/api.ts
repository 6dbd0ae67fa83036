import {
  Analytics,
  ApiToken,
  App,
  AuditEntry,
  type BuildSettings,
  CompletedUpload,
  type CreateApp,
  type CreateDeployment,
  CreatedDeployHook,
  CreatedInvitation,
  CreatedToken,
  type CreateInvitation,
  type CreateToken,
  type CreateUpload,
  DeployHook,
  Deployment,
  DeploymentDownloads,
  type FileInput,
  InstanceConfig,
  Invitation,
  InvitationOffer,
  LogOutline,
  LogPage,
  Me,
  Member,
  Outbox,
  type OutboxItem,
  type Page,
  pageOf,
  type Redeploy,
  RegistrationToken,
  Role,
  Runner,
  type UpdateApp,
  type UpdateRunner,
  type UploadedPart,
  UploadGrant,
  type VariableInput,
} from '@appflux/protocol';
import { z } from 'zod';
import { type Caller, Requests } from './request.ts';

/** Which part of a list: its length, and where the last one ended. */
export interface ListQuery {
  limit?: number;
  cursor?: string;
}

/** An App with what the server fills in left out. */
export type NewApp = Omit<CreateApp, 'build'> & { build?: Partial<BuildSettings> };

const AppPage = pageOf(App);
const DeploymentPage = pageOf(Deployment);
const RunnerList = z.object({ items: z.array(Runner) });
const TokenPage = pageOf(ApiToken);
const MemberPage = pageOf(Member);
const InvitationPage = pageOf(Invitation);
const AuditPage = pageOf(AuditEntry);
const HookPage = pageOf(DeployHook);
const Joined = z.object({ teamId: z.string(), role: Role });

/** The HTTP API as functions, one a call. Each throws an AppFluxError when it is refused. */
export function createApi(caller: Caller) {
  const requests = new Requests(caller);
  const app = (slug: string) => `/api/apps/${encodeURIComponent(slug)}`;
  const deployment = (id: string) => `/api/deployments/${encodeURIComponent(id)}`;

  return {
    listApps: (query: ListQuery = {}, signal?: AbortSignal): Promise<Page<App>> =>
      requests.json(AppPage, 'GET', '/api/apps', { query: { ...query }, ...(signal && { signal }) }),
    createApp: (body: NewApp): Promise<App> => requests.json(App, 'POST', '/api/apps', { body }),
    getApp: (slug: string, signal?: AbortSignal): Promise<App> =>
      requests.json(App, 'GET', app(slug), { ...(signal && { signal }) }),
    updateApp: (slug: string, body: UpdateApp): Promise<App> =>
      requests.json(App, 'PATCH', app(slug), { body }),
    /** Deletes the team; its name says that it is meant. */
    deleteTeam: async (name: string): Promise<void> => {
      await requests.raw('DELETE', '/api/team', { body: { name } });
    },
    deleteApp: async (slug: string): Promise<void> => {
      await requests.raw('DELETE', app(slug));
    },
    setVariable: async (slug: string, name: string, body: VariableInput): Promise<void> => {
      await requests.raw('PUT', `${app(slug)}/env/${encodeURIComponent(name)}`, { body });
    },
    deleteVariable: async (slug: string, name: string): Promise<void> => {
      await requests.raw('DELETE', `${app(slug)}/env/${encodeURIComponent(name)}`);
    },
    setFile: async (slug: string, name: string, body: FileInput): Promise<void> => {
      await requests.raw('PUT', `${app(slug)}/files/${encodeURIComponent(name)}`, { body });
    },
    deleteFile: async (slug: string, name: string): Promise<void> => {
      await requests.raw('DELETE', `${app(slug)}/files/${encodeURIComponent(name)}`);
    },
    /** Makes a successful deployment the one that the App's address points at. */
    release: (slug: string, deploymentId: string): Promise<App> =>
      requests.json(App, 'POST', `${app(slug)}/release`, { body: { deploymentId } }),

    listDeployments: (slug: string, query: ListQuery = {}, signal?: AbortSignal): Promise<Page<Deployment>> =>
      requests.json(DeploymentPage, 'GET', `${app(slug)}/deployments`, {
        query: { ...query },
        ...(signal && { signal }),
      }),
    /** The key makes asking twice harmless: the same key is answered with the same deployment. */
    createDeployment: (slug: string, body: CreateDeployment, idempotencyKey: string): Promise<Deployment> =>
      requests.json(Deployment, 'POST', `${app(slug)}/deployments`, {
        body,
        headers: { 'Idempotency-Key': idempotencyKey },
      }),
    getDeployment: (id: string, signal?: AbortSignal): Promise<Deployment> =>
      requests.json(Deployment, 'GET', deployment(id), { ...(signal && { signal }) }),
    /** How often each of its artifacts was downloaded. */
    getDownloads: (id: string, signal?: AbortSignal): Promise<DeploymentDownloads> =>
      requests.json(DeploymentDownloads, 'GET', `${deployment(id)}/downloads`, { ...(signal && { signal }) }),
    getAnalytics: (query: { days: number; app?: string }, signal?: AbortSignal): Promise<Analytics> =>
      requests.json(Analytics, 'GET', '/api/analytics', { query: { ...query }, ...(signal && { signal }) }),
    cancelDeployment: (id: string): Promise<Deployment> =>
      requests.json(Deployment, 'POST', `${deployment(id)}/cancel`, { body: {} }),
    redeploy: (id: string, body: Redeploy): Promise<Deployment> =>
      requests.json(Deployment, 'POST', `${deployment(id)}/redeploy`, { body }),
    /** A pinned deployment keeps its artifacts and its log. */
    setPin: (id: string, pinned: boolean): Promise<Deployment> =>
      requests.json(Deployment, pinned ? 'POST' : 'DELETE', `${deployment(id)}/pin`),
    /** Lines after a sequence number, for when there is no live connection. */
    getLog: (id: string, after: number, signal?: AbortSignal, limit?: number): Promise<LogPage> =>
      requests.json(LogPage, 'GET', `${deployment(id)}/logs`, {
        query: { after, limit },
        ...(signal && { signal }),
      }),
    /** The sections of an archived log; `log_not_archived` before that. */
    getLogOutline: (id: string, signal?: AbortSignal): Promise<LogOutline> =>
      requests.json(LogOutline, 'GET', `${deployment(id)}/logs/outline`, { ...(signal && { signal }) }),
    /** The whole log as it comes, a JSON line an item. */
    readLog: async (id: string, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
      const { body } = await requests.raw('GET', `${deployment(id)}/logs.ndjson`, {
        ...(signal && { signal }),
      });
      return body ?? new ReadableStream({ start: (controller) => controller.close() });
    },
    /** The whole log, a line an item. */
    downloadLog: async (id: string): Promise<Blob> =>
      (await requests.raw('GET', `${deployment(id)}/logs.ndjson`)).blob(),

    createUpload: (body: CreateUpload, signal?: AbortSignal): Promise<UploadGrant> =>
      requests.json(UploadGrant, 'POST', '/api/uploads', { body, ...(signal && { signal }) }),
    completeUpload: (
      id: string,
      parts: UploadedPart[],
      signal?: AbortSignal,
    ): Promise<{ uploadId: string; size: number }> =>
      requests.json(CompletedUpload, 'POST', `/api/uploads/${encodeURIComponent(id)}/complete`, {
        body: { parts },
        ...(signal && { signal }),
      }),

    /** All of them: an owner's runners are few, and come in one answer. */
    listRunners: async (signal?: AbortSignal): Promise<Runner[]> =>
      (await requests.json(RunnerList, 'GET', '/api/runners', { ...(signal && { signal }) })).items,
    createRegistrationToken: (): Promise<RegistrationToken> =>
      requests.json(RegistrationToken, 'POST', '/api/runners/tokens', { body: {} }),
    /** Changes what a runner is registered for; what is left out stays. */
    updateRunner: (id: string, change: UpdateRunner): Promise<Runner> =>
      requests.json(Runner, 'PATCH', `/api/runners/${encodeURIComponent(id)}`, { body: change }),
    /** A draining runner finishes what it holds and gets nothing new. */
    drainRunner: (id: string, draining: boolean): Promise<Runner> =>
      requests.json(Runner, 'POST', `/api/runners/${encodeURIComponent(id)}/drain`, { body: { draining } }),
    deleteRunner: async (id: string): Promise<void> => {
      await requests.raw('DELETE', `/api/runners/${encodeURIComponent(id)}`);
    },

    listTokens: (query: ListQuery = {}, signal?: AbortSignal): Promise<Page<ApiToken>> =>
      requests.json(TokenPage, 'GET', '/api/tokens', { query: { ...query }, ...(signal && { signal }) }),
    createToken: (body: CreateToken): Promise<CreatedToken> =>
      requests.json(CreatedToken, 'POST', '/api/tokens', { body }),
    deleteToken: async (id: string): Promise<void> => {
      await requests.raw('DELETE', `/api/tokens/${encodeURIComponent(id)}`);
    },

    getConfig: (): Promise<InstanceConfig> => requests.json(InstanceConfig, 'GET', '/api/config'),
    getMe: (): Promise<Me> => requests.json(Me, 'GET', '/api/me'),
    listMembers: (query: ListQuery = {}, signal?: AbortSignal): Promise<Page<Member>> =>
      requests.json(MemberPage, 'GET', '/api/members', { query: { ...query }, ...(signal && { signal }) }),
    updateMember: (userId: string, role: Role): Promise<Member> =>
      requests.json(Member, 'PATCH', `/api/members/${encodeURIComponent(userId)}`, { body: { role } }),
    deleteMember: async (userId: string): Promise<void> => {
      await requests.raw('DELETE', `/api/members/${encodeURIComponent(userId)}`);
    },
    leaveTeam: async (): Promise<void> => {
      await requests.raw('DELETE', '/api/me/membership');
    },
    listInvitations: (query: ListQuery = {}, signal?: AbortSignal): Promise<Page<Invitation>> =>
      requests.json(InvitationPage, 'GET', '/api/invitations', {
        query: { ...query },
        ...(signal && { signal }),
      }),
    createInvitation: (body: CreateInvitation): Promise<CreatedInvitation> =>
      requests.json(CreatedInvitation, 'POST', '/api/invitations', { body }),
    deleteInvitation: async (id: string): Promise<void> => {
      await requests.raw('DELETE', `/api/invitations/${encodeURIComponent(id)}`);
    },
    /** What an invitation link offers; nobody has to be signed in. */
    lookAtInvitation: (token: string): Promise<InvitationOffer> =>
      requests.json(InvitationOffer, 'POST', '/api/invitations/look', { body: { token } }),
    acceptInvitation: (token: string): Promise<{ teamId: string; role: Role }> =>
      requests.json(Joined, 'POST', '/api/invitations/accept', { body: { token } }),
    /** The one-time links that wait to be passed on; for the owner of the instance. */
    readOutbox: async (signal?: AbortSignal): Promise<OutboxItem[]> =>
      (await requests.json(Outbox, 'GET', '/api/ops/outbox', signal && { signal })).items,
    listAudit: (query: ListQuery = {}, signal?: AbortSignal): Promise<Page<AuditEntry>> =>
      requests.json(AuditPage, 'GET', '/api/audit', { query: { ...query }, ...(signal && { signal }) }),
    listDeployHooks: (slug: string, query: ListQuery = {}, signal?: AbortSignal): Promise<Page<DeployHook>> =>
      requests.json(HookPage, 'GET', `${app(slug)}/deploy-hooks`, {
        query: { ...query },
        ...(signal && { signal }),
      }),
    createDeployHook: (slug: string, name: string): Promise<CreatedDeployHook> =>
      requests.json(CreatedDeployHook, 'POST', `${app(slug)}/deploy-hooks`, { body: { name } }),
    deleteDeployHook: async (slug: string, id: string): Promise<void> => {
      await requests.raw('DELETE', `${app(slug)}/deploy-hooks/${encodeURIComponent(id)}`);
    },
  };
}

export type Api = ReturnType<typeof createApi>;
