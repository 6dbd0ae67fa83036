import {
  AppFluxError,
  ConnectGithubInstallation,
  CreateGithubManifest,
  CreateWebhookSecret,
  RegisterGithubApp,
} from '@appflux/protocol';
import { newId, page, type Routes } from './fake-call.ts';

/** The code that GitHub gives people who come back from it. */
export const VALID_CODE = 'good';

function requireCode(code: string): void {
  if (code === VALID_CODE) return;
  throw new AppFluxError('unprocessable', 'GitHub did not accept the code: it is used up or has expired', {
    hint: 'Start again in the dashboard under Settings, Git.',
  });
}

/** The GitHub App, and secrets of webhooks. `integrations/github` has a fixed segment in place of the id. */
export const GIT_ROUTES: Routes = {
  'GET integrations/:id': ({ world, origin }) => [
    200,
    {
      host: 'github.com',
      app: world.githubApp,
      canManageApp: world.team === 'instance',
      installations: world.installations,
      links: {
        manifest: `${origin}/api/integrations/github/manifest`,
        start: `${origin}/api/integrations/github/installations/start`,
        repositories: `${origin}/api/integrations/github/repositories`,
      },
    },
  ],
  'POST integrations/:id/manifest': ({ body, origin }) => {
    const { organization, name = 'AppFlux' } = CreateGithubManifest.parse(body);
    const action = `${origin}/github${organization ? `/organizations/${organization}` : ''}/settings/apps/new?state=s`;
    return [200, { action, manifest: JSON.stringify({ name }) }];
  },
  'POST integrations/:id/app': ({ world, body }) => {
    requireCode(RegisterGithubApp.parse(body).code);
    const url = 'https://github.com/apps/appflux-harbor';
    world.githubApp = {
      name: 'AppFlux Harbor',
      slug: 'appflux-harbor',
      url,
      account: 'northwind',
      createdAt: new Date().toISOString(),
    };
    return [201, world.githubApp];
  },
  'DELETE integrations/:id/app': ({ world }) => {
    world.githubApp = null;
    world.installations = [];
    return [204];
  },
  'POST integrations/:id/installations/:name': ({ origin }) => [
    200,
    {
      installUrl: `${origin}/integrations/github/installed?code=${VALID_CODE}&state=s&installation_id=42`,
      connectUrl: `${origin}/integrations/github/installed?code=${VALID_CODE}&state=s`,
    },
  ],
  'POST integrations/:id/installations': ({ world, body }) => {
    const { code, installationId = '42' } = ConnectGithubInstallation.parse(body);
    requireCode(code);
    const connected = {
      id: installationId,
      account: 'northwind',
      accountType: 'Organization' as const,
      repositories: 'selected' as const,
      url: `https://github.com/organizations/northwind/settings/installations/${installationId}`,
      suspendedAt: null,
    };
    world.installations = [...world.installations.filter(({ id }) => id !== installationId), connected];
    return [200, { items: [connected] }];
  },
  'DELETE integrations/:id/installations/:name': ({ world, name }) => {
    world.installations = world.installations.filter(({ id }) => id !== name);
    return [204];
  },
  'GET integrations/:id/repositories': ({ world, query }) => {
    const search = query.get('search')?.toLowerCase() ?? '';
    const found = world.repositories.filter(({ fullName }) => fullName.toLowerCase().includes(search));
    return [200, page(found, query)];
  },
  // The owner is followed by `/NAME/branches`.
  'GET integrations/:id/repositories/:name': ({ world, query }) => {
    const found = world.branches.filter((name) => name.includes(query.get('search') ?? ''));
    return [
      200,
      page(
        found.map((name) => ({ name, protected: name === 'main' })),
        query,
      ),
    ];
  },
  'GET webhook-secrets': ({ world }) => [200, { items: world.webhookSecrets, nextCursor: null }],
  'POST webhook-secrets': ({ world, body, origin }) => {
    const { provider, name } = CreateWebhookSecret.parse(body);
    const path = provider === 'github' ? 'github' : `git/${provider}`;
    const made = {
      id: newId(),
      provider,
      name,
      url: `${origin}/hooks/${path}?team=3f0f3c52`,
      lastUsedAt: null,
      createdAt: new Date().toISOString(),
    };
    world.webhookSecrets.unshift(made);
    return [201, { ...made, secret: 'afw_8Qk2mZ7pWc4xTn1vR5' }];
  },
  'DELETE webhook-secrets/:id': ({ world, id }) => {
    world.webhookSecrets = world.webhookSecrets.filter((secret) => secret.id !== id);
    return [204];
  },
};
