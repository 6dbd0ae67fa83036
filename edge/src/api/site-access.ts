/** Taking members of a team to its private sites. */
import { AppFluxError, OpenSite, SiteOpening } from '@appflux/protocol';
import { createRoute } from '@hono/zod-openapi';
import { bearer, json, jsonBody, personOnly, refusals, router } from '../http/router.ts';
import { createCode, originOf } from '../sites/access/code.ts';
import { returnPath } from '../sites/access/return-path.ts';
import { OWN_PATHS } from '../sites/access/visit.ts';
import { dashboardHost, hostName } from '../sites/hosts/domain.ts';
import { appOfSlug, resolveSite } from '../sites/hosts/resolve.ts';
import { everybodyFounds, teamsOf } from '../teams/team.ts';

export const siteAccess = router();

siteAccess.openapi(
  createRoute({
    method: 'post',
    path: '/api/site-access',
    summary: 'Open a private site as a member of its team',
    description:
      'For signed-in users. Returns a URL that opens the site in the browser that has its `state`, once and within a minute.',
    tags: ['sites'],
    security: bearer,
    middleware: [personOnly] as const,
    request: { body: jsonBody(OpenSite) },
    responses: { 200: json(SiteOpening, 'Where to go'), ...refusals },
  }),
  async (c) => {
    const { host, page, state, to } = c.req.valid('json');
    const metadata = c.get('metadata');
    const person = c.get('person');
    const site = host === undefined ? 'foreign' : await resolveSite(host, { env: c.env, metadata });
    const ofHost = typeof site === 'string' ? null : site.app;
    const app = page === undefined ? ofHost : await appOfSlug(page, metadata);
    const teams = teamsOf(person, await metadata.members.ofUser(person.id), everybodyFounds(c.env));
    if (app === null || !teams.some(({ teamId }) => teamId === app.ownerId)) {
      // The same answer for both: nobody learns here what other teams have.
      throw new AppFluxError('not_found', 'There is no such site in your teams', {
        hint: 'Sign in with an account that is in the team of this site.',
      });
    }
    const name = page === undefined ? hostName(host ?? '') : dashboardHost(c.env);
    const code = await createCode(
      metadata,
      { appId: app.id, host: name, state },
      { ownerId: app.ownerId, userId: person.id },
    );
    const url = new URL(`${OWN_PATHS}access`, originOf(c.env, name));
    url.search = new URLSearchParams({
      ...(page === undefined ? {} : { page }),
      code,
      to: returnPath(to ?? null),
    }).toString();
    return c.json({ url: url.href }, 200);
  },
);
