/**
 * Before all tests: stand-ins for GitHub and Supabase projects, on loopback. Two projects behave like Supabase Auth
 * (stack/stand-ins/supabase). The others only publish a key set, so that tests can sign tokens with its keys.
 */
import { Hono } from 'hono';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { TestProject } from 'vitest/node';
import { githubStandIn } from '../stack/stand-ins/github.ts';
import { serve } from '../stack/stand-ins/serve.ts';
import { startStandIn } from '../stack/stand-ins/supabase/start.ts';

/** A project that behaves as Supabase Auth does. `inbox`/ADDRESS answers with the mails to an address. */
export interface ProjectOfTests {
  url: string;
  key: string;
  inbox: string;
}

/** Where the stand-ins are, and what tests need to act as the ones that they stand for. */
export interface Issuers {
  /** GitHub's web address and API: `code` names the account, `github-<id>-<name>`. */
  github: { url: string; clientId: string; clientSecret: string };
  /** A project with a published key pair for each algorithm. */
  supabase: { url: string; keys: Record<'ES256' | 'RS256', JWK> };
  /** Projects in which an email is confirmed first, and in which it is not. */
  projects: { confirming: ProjectOfTests; plain: ProjectOfTests };
  /** Projects whose key set answers 500, something else than a key set, and nothing at all. */
  broken: { failing: string; nonsense: string; away: string };
}

declare module 'vitest' {
  interface ProvidedContext {
    issuers: Issuers;
  }
}

const CLIENT = { clientId: 'Ov23-client-of-the-tests', clientSecret: 'client-secret-of-the-tests' };

/** Where the Worker of the tests is: wrangler.toml. */
const SITE = 'http://localhost:8787';

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
  const app = new Hono();
  app.route('/github', githubStandIn(CLIENT).app);
  app.get('/project/auth/v1/.well-known/jwks.json', (c) =>
    c.json({ keys: pairs.map(({ published }) => published) }),
  );
  app.get('/nonsense/auth/v1/.well-known/jwks.json', (c) => c.json({ hello: 'world' }));
  app.all('/failing/*', (c) => c.json({}, 500));
  const { origin, stop } = await serve((request) => app.fetch(request));
  const quick = { siteUrl: SITE, secondsBetweenMails: 0, mailsPerHour: 100_000 };
  const confirming = await startStandIn(quick);
  const plain = await startStandIn({ ...quick, confirmEmail: false });
  const told = ({ url, key, inbox }: ProjectOfTests) => ({ url, key, inbox });
  project.provide('issuers', {
    github: { url: `${origin}/github`, ...CLIENT },
    supabase: {
      url: `${origin}/project`,
      keys: Object.fromEntries(pairs.map(({ alg, own }) => [alg, own])) as Record<'ES256' | 'RS256', JWK>,
    },
    projects: { confirming: told(confirming), plain: told(plain) },
    // Port 9 is `discard`, where nobody listens.
    broken: { failing: `${origin}/failing`, nonsense: `${origin}/nonsense`, away: 'http://127.0.0.1:9' },
  });
  return async () => {
    await Promise.all([stop(), confirming.stop(), plain.stop()]);
  };
}
