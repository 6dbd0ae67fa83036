import type { Deployment } from '@appflux/protocol';

/** Whether one of these deployments has published a site with a server, or is about to. */
export const hasServer = (deployments: readonly Pick<Deployment, 'site' | 'plan'>[]): boolean =>
  deployments.some(({ site, plan }) => site?.kind === 'server' || plan?.server !== undefined);
