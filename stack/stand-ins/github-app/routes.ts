/** The calls that the control plane makes, as GitHub answers them. */
import { type Context, Hono } from 'hono';
import type { Account, GithubWorld, Installation, Level, Repository, Token } from './world.ts';

/** An answer that ends a call. */
class Refused extends Error {
  readonly status: 401 | 403 | 404 | 409 | 410 | 422;
  constructor(status: Refused['status'], message: string) {
    super(message);
    this.status = status;
  }
}

const iso = (time: number) => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');

const shownAccount = ({ id, login, type }: Account) => ({ id, login, type });

/** Of a list, the page that was asked for. */
function pageOf<Item>(c: Context, items: readonly Item[]): Item[] {
  const perPage = Math.min(100, Number(c.req.query('per_page') ?? 30));
  const page = Number(c.req.query('page') ?? 1);
  return items.slice((page - 1) * perPage, page * perPage);
}

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

  const bearer = (c: Context) => /^Bearer (.+)$/.exec(c.req.header('Authorization') ?? '')?.[1] ?? null;

  function token(c: Context): Token {
    if (!c.req.header('User-Agent')) throw new Refused(403, 'Request forbidden by administrative rules.');
    const found = world.tokens.get(bearer(c) ?? '');
    if (found === undefined || found.expiresAt <= world.now) throw new Refused(401, 'Bad credentials');
    const installation = world.installations.find(({ id }) => id === found.installation);
    if (found.kind === 'installation' && installation === undefined)
      throw new Refused(401, 'Bad credentials');
    if (installation?.suspendedAt != null) throw new Refused(403, 'This installation has been suspended');
    return found;
  }

  function asApp(c: Context): void {
    const problem = world.appTokenProblem(bearer(c) ?? '');
    if (problem !== null) throw new Refused(401, problem);
  }

  /** The repository of a call, if its token may do that there. */
  function repository(c: Context, permission: string, level: Level): { found: Repository; by: string } {
    const given = token(c);
    const found = world.repository(`${c.req.param('owner')}/${c.req.param('repo')}`);
    if (found === undefined) throw new Refused(404, 'Not Found');
    if (given.kind === 'personal') {
      if (found.people[given.login ?? ''] === undefined) throw new Refused(404, 'Not Found');
      return { found, by: given.login ?? '' };
    }
    const installation = world.installations.find(({ id }) => id === given.installation);
    const covered = installation !== undefined && world.coveredBy(installation).includes(found);
    const isPublicRead = !found.private && level === 'read';
    if (
      !isPublicRead &&
      (!covered || (given.repositories !== null && !given.repositories.includes(found.id)))
    )
      throw new Refused(404, 'Not Found');
    const has = given.permissions[permission];
    if (!isPublicRead && has !== 'write' && has !== level)
      throw new Refused(403, 'Resource not accessible by integration');
    return { found, by: `${world.app.slug}[bot]` };
  }

  const fullName = ({ owner, name }: Repository) => `${owner}/${name}`;

  function commitOf({ commits }: Repository, sha: unknown): string {
    if (typeof sha !== 'string' || (commits.length > 0 && !commits.includes(sha)))
      throw new Refused(422, `No commit found for SHA: ${sha}`);
    return sha;
  }

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

  const at = '/api/repos/:owner/:repo';

  app.use(`${at}/*`, async (c, next) => {
    const asked = `${c.req.param('owner')}/${c.req.param('repo')}`.toLowerCase();
    const moved = world.repositories.find(({ formerly }) => formerly?.toLowerCase() === asked);
    if (moved === undefined || world.repository(asked) !== undefined) return next();
    const { pathname, search } = new URL(c.req.url);
    const url = `${origin}${pathname.replace(asked, fullName(moved))}${search}`;
    return c.json({ message: 'Moved Permanently', url }, 307, { Location: url });
  });

  app.get(`${at}/branches`, (c) => {
    const { found } = repository(c, 'contents', 'read');
    return c.json(pageOf(c, found.branches).map((name) => ({ name, protected: name === found.branches[0] })));
  });

  app.post(`${at}/check-runs`, async (c) => {
    const { found, by } = repository(c, 'checks', 'write');
    const body = await c.req.json();
    commitOf(found, body.head_sha);
    const annotations = body.output?.annotations ?? [];
    if (annotations.length > 50)
      throw new Refused(422, 'Invalid request.\n\nNo more than 50 items are allowed');
    const check = { id: world.id(), repository: fullName(found), by, ...body, app: { id: world.app.id } };
    world.checks.push(check);
    return c.json(check, 201);
  });

  app.patch(`${at}/check-runs/:id`, async (c) => {
    repository(c, 'checks', 'write');
    const body = await c.req.json();
    const check = world.checks.find(({ id }) => String(id) === c.req.param('id'));
    if (check === undefined) throw new Refused(404, 'Not Found');
    const output = check.output as { annotations?: unknown[] } | undefined;
    // Annotations are added to those that are there.
    const annotations = [...(output?.annotations ?? []), ...(body.output?.annotations ?? [])];
    Object.assign(check, body, body.output === undefined ? {} : { output: { ...body.output, annotations } });
    return c.json(check);
  });

  app.get(`${at}/commits/:sha/check-runs`, (c) => {
    const { found } = repository(c, 'checks', 'read');
    const all = world.checks.filter(
      (one) =>
        one.repository === fullName(found) &&
        one.head_sha === c.req.param('sha') &&
        (c.req.query('check_name') === undefined || one.name === c.req.query('check_name')),
    );
    return c.json({ total_count: all.length, check_runs: pageOf(c, [...all].reverse()) });
  });

  app.post(`${at}/statuses/:sha`, async (c) => {
    const { found, by } = repository(c, 'statuses', 'write');
    const body = await c.req.json();
    commitOf(found, c.req.param('sha'));
    if ([...(body.description ?? '')].length > 140)
      throw new Refused(422, 'Validation Failed: description is too long (maximum is 140 characters)');
    const status = { id: world.id(), repository: fullName(found), by, sha: c.req.param('sha'), ...body };
    world.statuses.push(status);
    return c.json(status, 201);
  });

  app.post(`${at}/deployments`, async (c) => {
    const { found, by } = repository(c, 'deployments', 'write');
    const body = await c.req.json();
    commitOf(found, body.ref);
    if (body.auto_merge !== false)
      return c.json({ message: 'Auto-merged main into topic on deployment.' }, 202);
    if (!Array.isArray(body.required_contexts) || body.required_contexts.length > 0)
      throw new Refused(409, 'Conflict: Commit status checks failed for topic.');
    const deployment = { id: world.id(), repository: fullName(found), by, sha: body.ref, ...body };
    world.deployments.push(deployment);
    return c.json(deployment, 201);
  });

  app.get(`${at}/deployments`, (c) => {
    const { found } = repository(c, 'deployments', 'read');
    const all = world.deployments.filter(
      (one) =>
        one.repository === fullName(found) &&
        ['sha', 'environment', 'task'].every(
          (name) => c.req.query(name) === undefined || one[name] === c.req.query(name),
        ),
    );
    return c.json(pageOf(c, [...all].reverse()));
  });

  app.post(`${at}/deployments/:id/statuses`, async (c) => {
    const { found, by } = repository(c, 'deployments', 'write');
    const id = Number(c.req.param('id'));
    if (!world.deployments.some((one) => one.id === id)) throw new Refused(404, 'Not Found');
    const body = await c.req.json();
    const status = { id: world.id(), repository: fullName(found), by, deployment: id, ...body };
    world.deploymentStatuses.push(status);
    return c.json(status, 201);
  });

  const shownComment = (one: (typeof world.comments)[number]) => ({
    ...one,
    user: { login: one.by, id: world.account(String(one.by)).id },
    performed_via_github_app: String(one.by).endsWith('[bot]') ? { id: world.app.id } : null,
  });

  app.get(`${at}/issues/:number/comments`, (c) => {
    const { found } = repository(c, 'pull_requests', 'read');
    const all = world.comments.filter(
      (one) => one.repository === fullName(found) && one.issue === Number(c.req.param('number')),
    );
    return c.json(pageOf(c, all).map(shownComment));
  });

  app.post(`${at}/issues/:number/comments`, async (c) => {
    const { found, by } = repository(c, 'pull_requests', 'write');
    const issue = Number(c.req.param('number'));
    if (found.locked.includes(issue))
      throw new Refused(403, 'Unable to create comment because issue is locked.');
    const { body } = await c.req.json();
    if (body.length > 65_536) throw new Refused(422, 'Validation Failed: body is too long');
    const comment = { id: world.id(), repository: fullName(found), by, issue, body };
    world.comments.push(comment);
    return c.json(shownComment(comment), 201);
  });

  app.patch(`${at}/issues/comments/:id`, async (c) => {
    const { by } = repository(c, 'pull_requests', 'write');
    const comment = world.comments.find(({ id }) => String(id) === c.req.param('id'));
    if (comment === undefined) throw new Refused(404, 'Not Found');
    if (comment.by !== by) throw new Refused(403, 'Must have admin rights to Repository.');
    Object.assign(comment, await c.req.json());
    return c.json(shownComment(comment));
  });

  app.all('/api/*', () => {
    throw new Refused(404, 'Not Found');
  });
  return app;
}
