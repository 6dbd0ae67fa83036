/**
 * What the App is registered with. Pure.
 * Source: https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
 */

/** The longest name that GitHub takes. */
const MAX_NAME = 34;

export interface Manifest {
  name: string;
  url: string;
  description: string;
  hook_attributes: { url: string; active: boolean };
  redirect_url: string;
  callback_urls: string[];
  public: boolean;
  /** A person who installs the App is asked who they are: that proves that the installation is theirs. */
  request_oauth_on_install: boolean;
  default_permissions: Record<string, 'read' | 'write'>;
  default_events: string[];
}

/** Where GitHub sends people back to: once the App is registered, and once somebody has installed it. */
export const createdUrl = (publicUrl: string) => `${publicUrl}/integrations/github/created`;
export const installedUrl = (publicUrl: string) => `${publicUrl}/integrations/github/installed`;

/**
 * The manifest of the instance at `publicUrl`, below which GitHub must reach it. The App is public where people of
 * several accounts use the instance: a private one can be installed on its owner's account alone.
 */
export function manifestOf(publicUrl: string, options: { name?: string; isPublic: boolean }): Manifest {
  const { host } = new URL(publicUrl);
  return {
    name: (options.name ?? `AppFlux ${host}`).slice(0, MAX_NAME).trim(),
    url: publicUrl,
    description: 'Builds and deploys what you push, and reports back to commits and pull requests.',
    hook_attributes: { url: `${publicUrl}/hooks/github`, active: true },
    redirect_url: createdUrl(publicUrl),
    callback_urls: [installedUrl(publicUrl)],
    public: options.isPublic,
    request_oauth_on_install: true,
    default_permissions: {
      checks: 'write',
      contents: 'read',
      deployments: 'write',
      metadata: 'read',
      pull_requests: 'write',
      statuses: 'write',
    },
    default_events: ['check_run', 'pull_request', 'push', 'repository'],
  };
}

/** Where a form with the manifest is posted: the person's own settings, or an organization's. */
export const manifestAction = (web: string, organization: string | null, state: string): string =>
  `${web}${
    organization === null ? '' : `/organizations/${encodeURIComponent(organization)}`
  }/settings/apps/new?state=${encodeURIComponent(state)}`;
