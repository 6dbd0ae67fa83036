/** The calls that the control plane makes, as GitHub answers them. */
import { type Context, Hono } from 'hono';
import { accessTo, fullName, pageOf, Refused } from './access.ts';
import { repositoryRoutes } from './repository-routes.ts';
import type { Account, GithubWorld, Installation, Level, Repository } from './world.ts';

const iso = (time: number) => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');

const shownAccount = ({ id, login, type }: Account) => ({ id, login, type });

/** The API and the web addresses of one GitHub, which answers below `base`. */
export function githubRoutes(world: GithubWorld, origin: string, base: string): Hono {
  const app = new Hono().basePath(base);
  app.onError((error, c) => {
    if (!(error instanceof Refused)) return c.text(String(error.stack), 500);
    return c.json(
      { message: error.message, documentation_url: 'https://docs.github.com/rest' },
      error.status,
    );
  });

  const access = accessTo(world);
  const { token, asApp } = access;

  const shownInstallation = (one: Installation) => ({
    id: one.id,
    app_id: world.app.id,
    account: shownAccount(one.account),
    repository_selection: one.selection,
    permissions: one.permissions,
    html_url: `${origin}/settings/installations/${one.id}`,
    suspended_at: one.suspendedAt,
    created_at: iso(world.now),
  });

  const shownRepository = (one: Repository, login?: string) => ({
    id: one.id,
    name: one.name,
    full_name: fullName(one),
    private: one.private,
    clone_url: `${origin}/${fullName(one)}.git`,
    default_branch: one.branches[0] ?? 'main',
    archived: false,
    pushed_at: '2026-11-29T12:00:00Z',
    ...(login === undefined
      ? {}
      : { permissions: { admin: one.people[login] === 'admin', pull: one.people[login] !== undefined } }),
  });

  app.post('/login/oauth/access_token', async (c) => {
    const body = await c.req.json();
    const login = world.codes.get(body.code);
    if (!c.req.header('Accept')?.includes('application/json')) return c.text('access_token=form');
    if (body.client_id !== world.app.clientId || body.client_secret !== world.app.clientSecret)
      return c.json({ error: 'incorrect_client_credentials', error_description: 'Incorrect.' });
    if (login === undefined)
      return c.json({
        error: 'bad_verification_code',
        error_description: 'The code passed is incorrect or expired.',
      });
    world.codes.delete(body.code);
    const made = world.makeToken({ kind: 'user', login, repositories: null, permissions: {} });
    return c.json({ access_token: made.token, token_type: 'bearer', scope: '' });
  });

  app.post('/api/app-manifests/:code/conversions', (c) => {
    const manifest = world.manifests.get(c.req.param('code'));
    if (manifest === undefined || manifest.used) throw new Refused(404, 'Not Found');
    manifest.used = true;
    const { id, slug, clientId, clientSecret, webhookSecret } = world.app;
    return c.json(
      {
        id,
        slug,
        name: 'AppFlux test',
        client_id: clientId,
        client_secret: clientSecret,
        webhook_secret: webhookSecret,
        pem: world.privateKey,
        html_url: `${origin}/apps/${slug}`,
        owner: { login: 'octo-org', id: 1, type: 'Organization' },
      },
      201,
    );
  });

  app.get('/api/app/installations/:id', (c) => {
    asApp(c);
    const found = world.installations.find(({ id }) => String(id) === c.req.param('id'));
    if (found === undefined) throw new Refused(404, 'Not Found');
    return c.json(shownInstallation(found));
  });

  app.post('/api/app/installations/:id/access_tokens', async (c) => {
    asApp(c);
    const found = world.installations.find(({ id }) => String(id) === c.req.param('id'));
    if (found === undefined) throw new Refused(404, 'Not Found');
    if (found.suspendedAt !== null) throw new Refused(403, 'This installation has been suspended');
    const body = await c.req.json().catch(() => ({}));
    const covered = world.coveredBy(found);
    const chosen = (body.repositories as string[] | undefined)?.map((name) =>
      covered.find((one) => one.name.toLowerCase() === name.toLowerCase()),
    );
    if (chosen?.includes(undefined)) {
      throw new Refused(
        422,
        'There is at least one repository that does not exist or is not accessible to the parent installation.',
      );
    }
    const permissions: Record<string, Level> = body.permissions ?? found.permissions;
    for (const [name, level] of Object.entries(permissions))
      if (found.permissions[name] !== 'write' && found.permissions[name] !== level)
        throw new Refused(422, 'The permissions requested are not granted to this installation.');
    const made = world.makeToken({
      kind: 'installation',
      installation: found.id,
      repositories: chosen?.flatMap((one) => (one === undefined ? [] : [one.id])) ?? null,
      permissions,
    });
    return c.json({ token: made.token, expires_at: iso(made.expiresAt), permissions }, 201);
  });

  app.get('/api/installation/repositories', (c) => {
    const given = token(c);
    const found = world.installations.find(({ id }) => id === given.installation);
    const all = found === undefined ? [] : world.coveredBy(found);
    return c.json({
      total_count: all.length,
      repositories: pageOf(c, all).map((one) => shownRepository(one)),
    });
  });

  const person = (c: Context): string => {
    const given = token(c);
    if (given.login === undefined) throw new Refused(403, 'Resource not accessible by integration');
    return given.login;
  };

  app.get('/api/user', (c) => c.json(shownAccount(world.account(person(c)))));

  app.get('/api/user/installations', (c) => {
    const login = person(c);
    const seen = world.installations.filter(
      (one) =>
        one.account.login === login || world.coveredBy(one).some(({ people }) => people[login] !== undefined),
    );
    return c.json({ total_count: seen.length, installations: pageOf(c, seen).map(shownInstallation) });
  });

  app.get('/api/user/installations/:id/repositories', (c) => {
    const login = person(c);
    const found = world.installations.find(({ id }) => String(id) === c.req.param('id'));
    if (found === undefined) throw new Refused(404, 'Not Found');
    const seen = world.coveredBy(found).filter(({ people }) => people[login] !== undefined);
    return c.json({
      total_count: seen.length,
      repositories: pageOf(c, seen).map((one) => shownRepository(one, login)),
    });
  });

  repositoryRoutes(app, world, origin, access);

  app.all('/api/*', () => {
    throw new Refused(404, 'Not Found');
  });
  return app;
}
