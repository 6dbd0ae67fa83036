/**
 * Before all tests: a stand-in for GitHub and for Supabase projects, on loopback. It speaks GitHub's OAuth wire as
 * documented (https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps) and publishes a
 * key set as a Supabase project does.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { TestProject } from 'vitest/node';

/** Where the stand-in is, and what tests need to act as the ones that it stands for. */
export interface Issuers {
  /** GitHub's web address and API: `code` names the account, `github-<id>`. */
  github: { url: string; clientId: string; clientSecret: string };
  /** A project with a published key pair for each algorithm. */
  supabase: { url: string; keys: Record<'ES256' | 'RS256', JWK> };
  /** Projects whose key set answers 500, something else than a key set, and nothing at all. */
  broken: { failing: string; nonsense: string; away: string };
}

declare module 'vitest' {
  interface ProvidedContext {
    issuers: Issuers;
  }
}

const CLIENT = { clientId: 'Ov23-client-of-the-tests', clientSecret: 'client-secret-of-the-tests' };

const json = (response: ServerResponse, status: number, body: unknown) =>
  void response
    .writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' })
    .end(JSON.stringify(body));

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text) as Record<string, unknown>;
}

/** GitHub: a code is good once, for the client that it was made for. */
function githubAnswers(codes: Set<string>) {
  return async (request: IncomingMessage, response: ServerResponse, path: string): Promise<boolean> => {
    if (request.method === 'POST' && path === '/github/login/oauth/access_token') {
      const { client_id, client_secret, code } = await bodyOf(request);
      // As GitHub does: 200, with the error in the body.
      if (client_id !== CLIENT.clientId || client_secret !== CLIENT.clientSecret)
        json(response, 200, {
          error: 'incorrect_client_credentials',
          error_description: 'The client_id and/or client_secret passed are incorrect.',
        });
      else if (typeof code !== 'string' || !/^github-\d+-\w+$/.test(code) || codes.has(code))
        json(response, 200, {
          error: 'bad_verification_code',
          error_description: 'The code passed is incorrect or expired.',
        });
      else {
        codes.add(code);
        json(response, 200, {
          access_token: `gho_${code}`,
          scope: 'read:user,user:email',
          token_type: 'bearer',
        });
      }
      return true;
    }
    if (path !== '/github/user' && path !== '/github/user/emails') return false;
    const account = /^Bearer gho_github-(?<id>\d+)-(?<name>\w+)$/.exec(
      request.headers.authorization ?? '',
    )?.groups;
    // GitHub refuses who does not say what program they are.
    if (request.headers['user-agent'] === undefined) json(response, 403, { message: 'Request forbidden' });
    else if (account === undefined) json(response, 401, { message: 'Bad credentials' });
    else if (path === '/github/user')
      json(response, 200, { id: Number(account.id), login: account.name, type: 'User' });
    else
      json(response, 200, [
        { email: `${account.name}@spare.example`, primary: false, verified: true, visibility: null },
        {
          email: `${account.name}@Example.com`,
          primary: true,
          verified: account.name !== 'unverified',
          visibility: 'public',
        },
      ]);
    return true;
  };
}

export default async function startIssuers(project: TestProject): Promise<() => Promise<void>> {
  const pairs = await Promise.all(
    (['ES256', 'RS256'] as const).map(async (alg) => {
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
      const names = { kid: `key-${alg}`, alg, use: 'sig' };
      return {
        alg,
        published: { ...(await exportJWK(publicKey)), ...names },
        own: { ...(await exportJWK(privateKey)), ...names },
      };
    }),
  );
  const github = githubAnswers(new Set());
  const server = createServer(async (request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (await github(request, response, path)) return;
    if (path === '/project/auth/v1/.well-known/jwks.json')
      json(response, 200, { keys: pairs.map(({ published }) => published) });
    else if (path === '/nonsense/auth/v1/.well-known/jwks.json') json(response, 200, { hello: 'world' });
    else if (path.startsWith('/failing/')) json(response, 500, {});
    else json(response, 404, {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  project.provide('issuers', {
    github: { url: `${origin}/github`, ...CLIENT },
    supabase: {
      url: `${origin}/project`,
      keys: Object.fromEntries(pairs.map(({ alg, own }) => [alg, own])) as Record<'ES256' | 'RS256', JWK>,
    },
    // Port 9 is `discard`, where nobody listens.
    broken: { failing: `${origin}/failing`, nonsense: `${origin}/nonsense`, away: 'http://127.0.0.1:9' },
  });
  return () => new Promise((resolve) => server.close(() => resolve()));
}
