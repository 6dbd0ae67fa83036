/** Who may open an App's pages, files, badge and update feeds, which are on the dashboard's host. */
import type { Environment } from '@appflux/protocol';
import type { Context, MiddlewareHandler } from 'hono';
import { readAhead } from '../../http/read-ahead.ts';
import type { ApiEnv } from '../../http/router.ts';
import type { SiteApp } from '../../metadata/sites.ts';
import { dashboardHost } from '../hosts/domain.ts';
import { appOfDeployment, appOfSlug } from '../hosts/resolve.ts';
import { admitVisit, isPrivate, ownStep } from './admit.ts';
import { nothingHere, privately } from './answers.ts';
import type { Credential, Guarded } from './decide.ts';
import { isArtifactLink } from './link.ts';

/** The access of production holds for what is below `/a/:slug`, unless it is an update of a preview. */
export const pageGuard: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const slug = c.req.param('slug') ?? '';
  c.set('metadata', readAhead(c.get('metadata'), { slug }));
  const app = await appOfSlug(slug, c.get('metadata'));
  return guarded(c, next, app && { app, environment: await environmentOfPage(c, app) });
};

/** Expo's feed has a channel for each environment, and files of both. What can't be told apart counts as a preview. */
async function environmentOfPage(c: Context<ApiEnv>, app: SiteApp): Promise<Environment> {
  const [, rest] = /\/updates\/expo(?:\/(.*))?$/.exec(c.req.path) ?? [null, null];
  if (rest === null) return 'production';
  if (rest === undefined) {
    const channel = c.req.header('expo-channel-name')?.trim().toLowerCase() ?? 'production';
    return channel === 'production' ? 'production' : 'preview';
  }
  const [, deploymentId = ''] = rest.split('/');
  const found = await appOfDeployment(deploymentId, c.get('metadata'));
  return found?.app.id === app.id ? found.environment : 'preview';
}

/** The access of a deployment's environment holds for its files, unless the URL is a signed link. */
export const fileGuard: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const deploymentId = c.req.param('deploymentId') ?? '';
  c.set('metadata', readAhead(c.get('metadata'), { deploymentId }));
  const found = await appOfDeployment(deploymentId, c.get('metadata'));
  const url = new URL(c.req.url);
  const name = c.req.param('name') ?? '';
  const isLink = await isArtifactLink(url, { env: c.env, deploymentId, name, now: Date.now() });
  return guarded(c, next, found, isLink ? [{ kind: 'link' }] : []);
};

/** The steps of signing in on the dashboard's host, for the App that `page` names. */
export async function ownStepOfPage(c: Context<ApiEnv>): Promise<Response> {
  const page = c.req.query('page') ?? '';
  const app = await appOfSlug(page, c.get('metadata'));
  if (app === null) return nothingHere();
  // Files of both environments lead here, and there is one password for both.
  const { production, previews } = app.access;
  const environment = production === 'public' || previews === 'password' ? 'preview' : 'production';
  const place = { ...placeOf(c), guarded: { app, environment } as const, page };
  return (await ownStep(place)) ?? nothingHere();
}

const placeOf = (c: Context<ApiEnv>) => ({
  request: c.req.raw,
  env: c.env,
  metadata: c.get('metadata'),
  host: dashboardHost(c.env),
});

/** Goes on with what may be opened; with what is not there, too, so that its handler says so. */
async function guarded(
  c: Context<ApiEnv>,
  next: () => Promise<void>,
  what: Guarded | null,
  proven: readonly Credential[] = [],
): Promise<Response | undefined> {
  if (what === null || !isPrivate(what)) {
    await next();
    return undefined;
  }
  const { pathname, search } = new URL(c.req.url);
  const visit = { ...placeOf(c), guarded: what, page: what.app.slug, to: pathname + search };
  const answer = await admitVisit(visit, proven);
  if (answer !== null) return answer;
  await next();
  const own = privately(c.res);
  // Hono copies the headers of a response to the one that replaces it, unless it is taken away first.
  c.res = undefined;
  c.res = own;
  return undefined;
}
