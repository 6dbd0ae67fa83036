/** The GitHub App, its installations, and the repositories that they cover. */
import {
  type ConnectGithubInstallation,
  type CreateGithubManifest,
  GithubAppInfo,
  GithubBranch,
  type GithubInstallation,
  GithubInstallationList,
  GithubInstallationStart,
  GithubIntegration,
  GithubManifest,
  GithubRepository,
  type Page,
  pageOf,
  type RegisterGithubApp,
} from '@appflux/protocol';
import { type CallOptions, type Calls, path } from '../http/calls.ts';
import type { ListQuery } from '../pages.ts';

const Repositories = pageOf(GithubRepository);
const Branches = pageOf(GithubBranch);
const BASE = '/api/integrations/github';

export const github = (calls: Calls) => ({
  get: (options: CallOptions = {}): Promise<GithubIntegration> =>
    calls.json(GithubIntegration, 'GET', BASE, options),
  /** The form that registers the App: for the owner of the instance. */
  manifest: (body: CreateGithubManifest = {}, options: CallOptions = {}): Promise<GithubManifest> =>
    calls.json(GithubManifest, 'POST', `${BASE}/manifest`, { body, ...options }),
  registerApp: (body: RegisterGithubApp, options: CallOptions = {}): Promise<GithubAppInfo> =>
    calls.json(GithubAppInfo, 'POST', `${BASE}/app`, { body, ...options }),
  removeApp: (options: CallOptions = {}): Promise<void> => calls.nothing('DELETE', `${BASE}/app`, options),
  /** Where a person installs the App, or connects an installation. */
  start: (options: CallOptions = {}): Promise<GithubInstallationStart> =>
    calls.json(GithubInstallationStart, 'POST', `${BASE}/installations/start`, options),
  connect: async (
    body: ConnectGithubInstallation,
    options: CallOptions = {},
  ): Promise<GithubInstallation[]> =>
    (await calls.json(GithubInstallationList, 'POST', `${BASE}/installations`, { body, ...options })).items,
  disconnect: (id: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/integrations/github/installations/${id}`, options),
  repositories: (
    query: ListQuery & { search?: string } = {},
    options: CallOptions = {},
  ): Promise<Page<GithubRepository>> =>
    calls.json(Repositories, 'GET', `${BASE}/repositories`, { query: { ...query }, ...options }),
  branches: (
    owner: string,
    name: string,
    query: ListQuery & { search?: string } = {},
    options: CallOptions = {},
  ): Promise<Page<GithubBranch>> =>
    calls.json(Branches, 'GET', path`/api/integrations/github/repositories/${owner}/${name}/branches`, {
      query: { ...query },
      ...options,
    }),
});
