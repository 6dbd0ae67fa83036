/** Who may call what, and how GitHub refuses. */
import type { Context } from 'hono';
import type { GithubWorld, Level, Repository, Token } from './world.ts';

/** An answer that ends a call. */
export class Refused extends Error {
  readonly status: 401 | 403 | 404 | 409 | 410 | 422;
  constructor(status: Refused['status'], message: string) {
    super(message);
    this.status = status;
  }
}

/** Of a list, the page that was asked for. */
export function pageOf<Item>(c: Context, items: readonly Item[]): Item[] {
  const perPage = Math.min(100, Number(c.req.query('per_page') ?? 30));
  const page = Number(c.req.query('page') ?? 1);
  return items.slice((page - 1) * perPage, page * perPage);
}

/** The name of a repository, as paths have it. */
export const fullName = ({ owner, name }: Repository): string => `${owner}/${name}`;

/** What a call's token lets it do in a world. Each throws Refused. */
export function accessTo(world: GithubWorld) {
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

  function commitOf({ commits }: Repository, sha: unknown): string {
    if (typeof sha !== 'string' || (commits.length > 0 && !commits.includes(sha)))
      throw new Refused(422, `No commit found for SHA: ${sha}`);
    return sha;
  }

  return { token, asApp, repository, commitOf };
}

export type Access = ReturnType<typeof accessTo>;
