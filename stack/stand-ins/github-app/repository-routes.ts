/** What is written to a repository, and its branches. */
import type { Hono } from 'hono';
import { type Access, fullName, pageOf, Refused } from './access.ts';
import type { GithubWorld } from './world.ts';

/** Adds the routes of repositories. */
export function repositoryRoutes(app: Hono, world: GithubWorld, origin: string, access: Access): void {
  const { repository, commitOf } = access;
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
}
