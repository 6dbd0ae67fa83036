/** API tokens and deploy hooks. */
import {
  ApiToken,
  CreatedDeployHook,
  CreatedToken,
  type CreateToken,
  DeployHook,
  type HookDeploy,
  HookDeployed,
  type Page,
  pageOf,
} from '@appflux/protocol';
import { type CallOptions, type Calls, path } from '../http/calls.ts';
import type { ListQuery } from '../pages.ts';

const Tokens = pageOf(ApiToken);
const Hooks = pageOf(DeployHook);

export const tokens = (calls: Calls) => ({
  list: (query: ListQuery = {}, options: CallOptions = {}): Promise<Page<ApiToken>> =>
    calls.json(Tokens, 'GET', '/api/tokens', { query: { ...query }, ...options }),
  /** The token itself is in this response only. */
  create: (body: CreateToken, options: CallOptions = {}): Promise<CreatedToken> =>
    calls.json(CreatedToken, 'POST', '/api/tokens', { body, ...options }),
  delete: (id: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/tokens/${id}`, options),
});

export const deployHooks = (calls: Calls) => ({
  list: (slug: string, query: ListQuery = {}, options: CallOptions = {}): Promise<Page<DeployHook>> =>
    calls.json(Hooks, 'GET', path`/api/apps/${slug}/deploy-hooks`, { query: { ...query }, ...options }),
  /** The URL of the hook is in this response only. */
  create: (slug: string, name: string, options: CallOptions = {}): Promise<CreatedDeployHook> =>
    calls.json(CreatedDeployHook, 'POST', path`/api/apps/${slug}/deploy-hooks`, {
      body: { name },
      ...options,
    }),
  delete: (slug: string, id: string, options: CallOptions = {}): Promise<void> =>
    calls.nothing('DELETE', path`/api/apps/${slug}/deploy-hooks/${id}`, options),
  /** Deploys the app of a hook. The hook's token is the permission. */
  call: (token: string, body: HookDeploy = {}, options: CallOptions = {}): Promise<HookDeployed> =>
    calls.json(HookDeployed, 'POST', path`/hooks/deploy/${token}`, { body, anonymous: true, ...options }),
});
