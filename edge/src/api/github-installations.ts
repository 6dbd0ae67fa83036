/** Installations of the GitHub App: connecting them with a team, and what they cover. */
import {
  AppFluxError,
  ConnectGithubInstallation,
  GithubBranch,
  GithubId,
  GithubInstallationList,
  GithubInstallationStart,
  GithubLogin,
  GithubRepository,
  GithubSearch,
  pageOf,
} from '@appflux/protocol';
import { createRoute, z } from '@hono/zod-openapi';
import { githubAddress } from '../git-hosts/github-app/address.ts';
import {
  authorizeUrl,
  connectInstallations,
  installUrl,
  keyOfInstallation,
} from '../git-hosts/github-app/connect.ts';
import { installedUrl } from '../git-hosts/github-app/manifest.ts';
import { listBranches, listRepositories } from '../git-hosts/github-app/repositories.ts';
import { createState, requireState } from '../git-hosts/github-app/state.ts';
import { forgetTokensOf } from '../git-hosts/github-app/tokens.ts';
import { audited, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import type { Caller } from '../identity/caller.ts';
import { setting } from '../settings.ts';
import { GITHUB_BASE as BASE, fromGithub, noApp, toInstallation } from './github-answers.ts';

export const githubInstallations = router();

const shared = { tags: ['github'], security: bearer };

githubInstallations.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: `${BASE}/installations/start`,
    summary: 'Get where a person installs the App, or connects an installation with the team',
    middleware: needs('apps:write'),
    responses: { 200: json(GithubInstallationStart, 'Both URLs, valid for an hour'), ...refusals },
  }),
  async (c) => {
    const { host, web } = githubAddress(c.env);
    const app = await c.get('metadata').github.app(host);
    if (app === null) throw noApp();
    const state = await createState(c.env, connecting(c.get('caller')), Date.now());
    const redirectUri = installedUrl(setting(c.env, 'PUBLIC_URL'));
    return c.json(
      {
        installUrl: installUrl(web, app.slug, state),
        connectUrl: authorizeUrl(web, app.clientId, redirectUri, state),
      },
      200,
    );
  },
);

githubInstallations.openapi(
  createRoute({
    ...shared,
    method: 'post',
    path: `${BASE}/installations`,
    summary:
      'Connect an installation with the team, with what GitHub has added to the URL it sent the person back to',
    middleware: needs('apps:write'),
    request: { body: jsonBody(ConnectGithubInstallation) },
    responses: { 200: json(GithubInstallationList, 'The installations that were connected'), ...refusals },
  }),
  async (c) => {
    const { code, state, installationId = null } = c.req.valid('json');
    const caller = c.get('caller');
    const metadata = c.get('metadata');
    await requireState(c.env, state, connecting(caller), Date.now());
    const connected = await fromGithub(() =>
      connectInstallations({ env: c.env, metadata }, caller.ownerId, { code, installationId }),
    );
    for (const { id, account } of connected)
      await audited(c, 'github.connect', { kind: 'integration', id, name: account });
    return c.json({ items: connected.map(toInstallation) }, 200);
  },
);

githubInstallations.openapi(
  createRoute({
    ...shared,
    method: 'delete',
    path: `${BASE}/installations/{id}`,
    summary: 'Disconnect an installation from the team',
    middleware: needs('apps:write'),
    request: { params: z.object({ id: GithubId }) },
    responses: { 204: { description: 'Disconnected, but not uninstalled at GitHub' }, ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const id = keyOfInstallation(c.env, c.req.valid('param').id);
    const known = await metadata.github.installation(id);
    if (known === null || !(await metadata.github.unbindInstallation(id, c.get('caller').ownerId))) {
      throw new AppFluxError('not_found', `There is no installation ${c.req.valid('param').id}`);
    }
    forgetTokensOf(id);
    await audited(c, 'github.disconnect', { kind: 'integration', id, name: known.account });
    return c.body(null, 204);
  },
);

githubInstallations.openapi(
  createRoute({
    ...shared,
    method: 'get',
    path: `${BASE}/repositories`,
    summary: 'List the repositories that the team’s installations cover',
    description: 'A page may have fewer items than its limit, or none, before the list ends.',
    middleware: needs('apps:read'),
    request: { query: GithubSearch },
    responses: { 200: json(pageOf(GithubRepository), 'Repositories'), ...refusals },
  }),
  async (c) => {
    const { search = '', limit, cursor } = c.req.valid('query');
    const { ownerId } = c.get('caller');
    return c.json(
      await fromGithub(() => listRepositories(c.env, c.get('metadata'), ownerId, { search, limit, cursor })),
      200,
    );
  },
);

githubInstallations.openapi(
  createRoute({
    ...shared,
    method: 'get',
    path: `${BASE}/repositories/{owner}/{name}/branches`,
    summary: 'List the branches of such a repository',
    description: 'A page may have fewer items than its limit, or none, before the list ends.',
    middleware: needs('apps:read'),
    request: {
      params: z.object({ owner: GithubLogin, name: z.string().regex(/^[\w.-]{1,100}$/) }),
      query: GithubSearch,
    },
    responses: { 200: json(pageOf(GithubBranch), 'Branches'), ...refusals },
  }),
  async (c) => {
    const { search = '', limit, cursor } = c.req.valid('query');
    const repository = c.req.valid('param');
    const { ownerId } = c.get('caller');
    const page = await fromGithub(() => listBranches(c.env, ownerId, repository, { search, limit, cursor }));
    if (page === null) {
      throw new AppFluxError('not_found', `No installation covers ${repository.owner}/${repository.name}`, {
        hint: 'Choose the repository in the settings of the installation at GitHub.',
      });
    }
    return c.json(page, 200);
  },
);

/** Who connects an installation: a person, because GitHub is asked what they may do. */
function connecting({ kind, id, ownerId }: Caller) {
  if (kind !== 'user' || id === null) {
    throw new AppFluxError('unprocessable', 'Only a signed-in user can connect a GitHub installation', {
      hint: 'Open Settings, Git in the dashboard.',
    });
  }
  return { step: 'installation', userId: id, teamId: ownerId } as const;
}
