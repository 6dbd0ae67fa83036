/** What tests in workerd share: the Worker itself, an empty database, and somebody who is signed in. */
import { applyD1Migrations, type D1Migration, reset } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import type { Env as WorkerEnv } from './env.ts';
import { type Session, signInWithLink } from './identity/issuer.ts';
import { createSignInLink } from './identity/sign-in-link.ts';
import { foundTeam } from './identity/team.ts';
import { metadataOf } from './metadata/index.ts';

declare global {
  namespace Cloudflare {
    interface Env extends WorkerEnv {
      /** The migrations of edge/migrations, read by vitest.config.ts. */
      MIGRATIONS: D1Migration[];
    }
    interface GlobalProps {
      mainModule: typeof import('./index.ts');
    }
  }
}

/** Forgets all that is kept anywhere, and migrates the database anew. */
export async function forgetAll(): Promise<void> {
  await reset();
  await applyD1Migrations(env.METADATA, env.MIGRATIONS);
}

/** Sends a request to the Worker, as if from outside. `json` is sent as the body. */
export function request(
  path: string,
  { token, json, headers, ...init }: RequestInit & { token?: string; json?: unknown } = {},
): Promise<Response> {
  const all = new Headers(headers);
  if (token !== undefined) all.set('Authorization', `Bearer ${token}`);
  if (json !== undefined) all.set('Content-Type', 'application/json');
  return exports.default.fetch(
    new Request(env.PUBLIC_URL + path, {
      ...init,
      headers: all,
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    }),
  );
}

/** The token of a new sign-in link, for an owner that is made if need be. */
export async function signInToken(): Promise<string> {
  const metadata = metadataOf(env);
  const owner = await metadata.users.keepOwner({
    id: crypto.randomUUID(),
    email: 'owner@localhost',
    passwordHash: null,
    githubId: null,
    createdAt: new Date().toISOString(),
  });
  await foundTeam(metadata, owner);
  const { url } = await createSignInLink(env, metadata);
  return new URLSearchParams(new URL(url).hash.slice(1)).get('token_hash') ?? '';
}

/** A session of the owner. */
export const signIn = async (): Promise<Session> => signInWithLink(env, metadataOf(env), await signInToken());
