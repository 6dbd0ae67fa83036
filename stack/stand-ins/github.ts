/**
 * The part of GitHub that sign-in needs: the OAuth endpoints and the two API calls that identify the user.
 * Source: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps
 */
import { randomBytes } from 'node:crypto';
import { Hono } from 'hono';

/** The registered OAuth app. */
export interface GithubClient {
  clientId: string;
  clientSecret: string;
}

/** A GitHub account. Its primary email is `NAME@Example.com`, verified unless the name is UNVERIFIED. */
export interface GithubAccount {
  id: number;
  name: string;
}

/** The account with this name has an unverified primary email. */
export const UNVERIFIED = 'unverified';

export interface GithubStandIn {
  /** Mount it at GitHub's base URL. The API answers there and below `/api/v3`. */
  app: Hono;
  /** The URLs that the consent page was opened with: everything GitHub learned from a query. */
  visits: URL[];
  /** A single-use code, as the consent page issues it. Any `github-ID-NAME` works once too. */
  codeFor(account: GithubAccount): string;
}

/** Creates a GitHub with one OAuth app. The consent page lets the visitor pick one of `accounts`. */
export function githubStandIn(client: GithubClient, accounts: readonly GithubAccount[] = []): GithubStandIn {
  const visits: URL[] = [];
  const used = new Set<string>();
  const app = new Hono();
  const codeFor = ({ id, name }: GithubAccount) => `github-${id}-${name}-${randomBytes(6).toString('hex')}`;

  app.get('/login/oauth/authorize', (c) => {
    const url = new URL(c.req.url);
    visits.push(url);
    const back = (answer: Record<string, string>) => {
      const target = new URL(url.searchParams.get('redirect_uri') ?? 'about:blank');
      for (const [name, value] of Object.entries(answer)) target.searchParams.set(name, value);
      target.searchParams.set('state', url.searchParams.get('state') ?? '');
      return target.href.replaceAll('&', '&amp;');
    };
    const links = accounts.map(
      (account) => `<p><a href="${back({ code: codeFor(account) })}">Authorize as ${account.name}</a></p>`,
    );
    const denied = back({
      error: 'access_denied',
      error_description: 'The user has denied your application access.',
    });
    return c.html(
      `<!doctype html><title>GitHub</title><h1>Authorize</h1>${links.join('')}<p><a href="${denied}">Cancel</a></p>`,
    );
  });

  app.post('/login/oauth/access_token', async (c) => {
    const body = new Map<string, unknown>(
      c.req.header('Content-Type')?.includes('json')
        ? Object.entries(await c.req.json<Record<string, unknown>>())
        : new URLSearchParams(await c.req.text()),
    );
    const basic = /^Basic (.+)$/.exec(c.req.header('Authorization') ?? '')?.[1];
    if (basic !== undefined) {
      const [id, secret] = Buffer.from(basic, 'base64').toString().split(':').map(decodeURIComponent);
      body.set('client_id', id).set('client_secret', secret);
    }
    const answer = tokenFor(body);
    return c.req.header('Accept')?.includes('json')
      ? c.json(answer)
      : c.body(new URLSearchParams(answer).toString(), 200, {
          'Content-Type': 'application/x-www-form-urlencoded',
        });
  });

  /** Like GitHub, reports errors in the body of a 200. */
  function tokenFor(body: ReadonlyMap<string, unknown>): Record<string, string> {
    const code = body.get('code');
    if (body.get('client_id') !== client.clientId || body.get('client_secret') !== client.clientSecret) {
      return {
        error: 'incorrect_client_credentials',
        error_description: 'The client_id and/or client_secret passed are incorrect.',
      };
    }
    if (typeof code !== 'string' || !/^github-\d+-\w+(-[0-9a-f]+)?$/.test(code) || used.has(code)) {
      return {
        error: 'bad_verification_code',
        error_description: 'The code passed is incorrect or expired.',
      };
    }
    used.add(code);
    return { access_token: `gho_${code}`, scope: 'read:user,user:email', token_type: 'bearer' };
  }

  for (const prefix of ['', '/api/v3']) {
    app.get(`${prefix}/user`, (c) => {
      const account = accountOf(c.req.raw);
      return account instanceof Response
        ? account
        : c.json({ id: account.id, login: account.name, name: account.name, type: 'User' });
    });
    app.get(`${prefix}/user/emails`, (c) => {
      const account = accountOf(c.req.raw);
      if (account instanceof Response) return account;
      const { name } = account;
      return c.json([
        { email: `${name}@spare.example`, primary: false, verified: true, visibility: null },
        { email: `${name}@Example.com`, primary: true, verified: name !== UNVERIFIED, visibility: 'public' },
      ]);
    });
  }

  return { app, visits, codeFor };
}

function accountOf(request: Request): GithubAccount | Response {
  // GitHub rejects requests without a User-Agent.
  if (!request.headers.get('User-Agent'))
    return Response.json({ message: 'Request forbidden' }, { status: 403 });
  const token = request.headers.get('Authorization') ?? '';
  const { id, name } = /^Bearer gho_github-(?<id>\d+)-(?<name>\w+)/i.exec(token)?.groups ?? {};
  return id === undefined || name === undefined
    ? Response.json({ message: 'Bad credentials' }, { status: 401 })
    : { id: Number(id), name };
}
