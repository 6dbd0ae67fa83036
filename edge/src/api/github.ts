/** The GitHub App of the instance: its state, registering it, and where GitHub sends people back to. */
import {
  type AuditAction,
  CreateGithubManifest,
  GithubAppInfo,
  GithubIntegration,
  GithubManifest,
  RegisterGithubApp,
} from '@appflux/protocol';
import { createRoute } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { actorOfUser, note, OPERATOR } from '../audit/note.ts';
import { githubAddress } from '../git-hosts/github-app/address.ts';
import { createdUrl, installedUrl, manifestAction, manifestOf } from '../git-hosts/github-app/manifest.ts';
import { registerApp } from '../git-hosts/github-app/register.ts';
import { createState, requireState } from '../git-hosts/github-app/state.ts';
import { type ApiEnv, bearer, json, jsonBody, needs, refusals, router } from '../http/router.ts';
import type { GithubAppRecord } from '../metadata/github.ts';
import { setting } from '../settings.ts';
import { type Person, signUpIsOpen } from '../teams/team.ts';
import { GITHUB_BASE as BASE, fromGithub, noApp, toInstallation } from './github-answers.ts';
import { operatorOrInstanceOwner } from './operator.ts';

/** Where the dashboard goes on after GitHub sent a person back. */
const PAGE = '/settings/git';

export const github = router();

const shared = { tags: ['github'], security: bearer };
const forOwner = {
  ...shared,
  middleware: operatorOrInstanceOwner,
  description: 'For the operator, and the owner of the instance when signed in.',
};

const toApp = ({ name, slug, htmlUrl, account, createdAt }: GithubAppRecord): GithubAppInfo => ({
  name,
  slug,
  url: htmlUrl,
  account,
  createdAt,
});

github.openapi(
  createRoute({
    ...shared,
    method: 'get',
    path: BASE,
    summary: 'Get the GitHub App of this instance and the installations of the team',
    middleware: needs('apps:read'),
    responses: { 200: json(GithubIntegration, 'The state, and the calls that go on from it'), ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const caller = c.get('caller');
    const { host } = githubAddress(c.env);
    const [app, installations, owner] = await Promise.all([
      metadata.github.app(host),
      metadata.github.installations(caller.ownerId),
      metadata.users.owner(),
    ]);
    const at = `${setting(c.env, 'PUBLIC_URL')}${BASE}`;
    return c.json(
      {
        host,
        app: app && toApp(app),
        canManageApp: caller.kind === 'operator' || (caller.kind === 'user' && caller.id === owner?.id),
        installations: installations.map(toInstallation),
        links: {
          manifest: `${at}/manifest`,
          start: `${at}/installations/start`,
          repositories: `${at}/repositories`,
        },
      },
      200,
    );
  },
);

github.openapi(
  createRoute({
    ...forOwner,
    method: 'post',
    path: `${BASE}/manifest`,
    summary: 'Get the form that registers the GitHub App',
    request: { body: jsonBody(CreateGithubManifest) },
    responses: { 200: json(GithubManifest, 'A form for a browser to post'), ...refusals },
  }),
  async (c) => {
    const { organization, name, public: isPublic = signUpIsOpen(c.env) } = c.req.valid('json');
    const manifest = manifestOf(setting(c.env, 'PUBLIC_URL'), {
      isPublic,
      ...(name === undefined ? {} : { name }),
    });
    const state = await createState(c.env, manager(c), Date.now());
    const action = manifestAction(githubAddress(c.env).web, organization ?? null, state);
    return c.json({ action, manifest: JSON.stringify(manifest) }, 200);
  },
);

github.openapi(
  createRoute({
    ...forOwner,
    method: 'post',
    path: `${BASE}/app`,
    summary: 'Register the GitHub App with what GitHub has answered to the form',
    request: { body: jsonBody(RegisterGithubApp) },
    responses: { 201: json(GithubAppInfo, 'The App'), ...refusals },
  }),
  async (c) => {
    const { code, state } = c.req.valid('json');
    await requireState(c.env, state, manager(c), Date.now());
    const app = await fromGithub(() => registerApp(c.env, c.get('metadata'), code));
    await managed(c, 'github.app_register', app);
    return c.json(toApp(app), 201);
  },
);

github.openapi(
  createRoute({
    ...forOwner,
    method: 'delete',
    path: `${BASE}/app`,
    summary: 'Forget the GitHub App and all its installations',
    responses: { 204: { description: 'Forgotten; delete it at GitHub, too' }, ...refusals },
  }),
  async (c) => {
    const metadata = c.get('metadata');
    const { host } = githubAddress(c.env);
    const app = await metadata.github.app(host);
    if (app === null || !(await metadata.github.deleteApp(host, app.appId))) throw noApp();
    await managed(c, 'github.app_remove', app);
    return c.body(null, 204);
  },
);

// GitHub knows these addresses for as long as the App lives; where the dashboard's pages are is its own affair. They hand
// on what they were given: the dashboard sends it back with the session of the person, which it is bound to.
for (const [step, urlOf] of [
  ['created', createdUrl],
  ['installed', installedUrl],
] as const) {
  github.get(urlOf(''), (c) => {
    const given = new URL(c.req.url).searchParams;
    const handed = new URLSearchParams({ step });
    for (const name of ['code', 'state', 'installation_id', 'setup_action', 'error']) {
      const value = given.get(name);
      if (value !== null) handed.set(name, value);
    }
    c.header('Referrer-Policy', 'no-referrer');
    c.header('Cache-Control', 'no-store');
    return c.redirect(`${setting(c.env, 'PUBLIC_URL')}${PAGE}?${handed}`, 302);
  });
}

/** Who registers the App: the owner of the instance, or the operator. */
function manager(c: Context<ApiEnv>) {
  // Not there for the operator.
  const person: Person | undefined = c.get('person');
  return { step: 'app', userId: person?.id ?? 'operator', teamId: '' } as const;
}

async function managed(c: Context<ApiEnv>, action: AuditAction, app: GithubAppRecord): Promise<void> {
  const metadata = c.get('metadata');
  const owner = await metadata.users.owner();
  if (owner === null) return;
  const person: Person | undefined = c.get('person');
  await note(metadata, owner.id, person === undefined ? OPERATOR : actorOfUser(person), action, {
    kind: 'integration',
    id: app.appId,
    name: app.name,
  });
}
